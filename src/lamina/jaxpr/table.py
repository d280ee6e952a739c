"""What is recorded for each primitive of lax."""

from __future__ import annotations

from collections.abc import Mapping

from lamina.jaxpr import contraction, control, derivatives, elementwise, indexing, reductions, shaping
from lamina.jaxpr.equation import Rule

TABLE: Mapping[str, Rule] = {
    **elementwise.TABLE,
    **shaping.TABLE,
    **reductions.TABLE,
    **contraction.TABLE,
    **indexing.TABLE,
    **control.TABLE,
    **derivatives.TABLE,
}
