"""What an operation returns: one tensor, several, or sizes.

`None` stands for one tensor, `"dim"` for a size, a list or tuple for several values.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from lamina.expression.model import Closure, FrozenList, map_tree

if TYPE_CHECKING:
    from lamina.tracing.recorder import TraceRecorder

Bound = Mapping[str, Any]
Rule = Callable[["TraceRecorder", Bound, Bound], Any]


def result_template(recorder: TraceRecorder, name: str, bound: Bound, lowered: Bound) -> Any:
    """The structure of the result of one call.

    Args:
        recorder: For sizes that decide how many tensors there are.
        name: The operation.
        bound: The arguments as the function gave them.
        lowered: The arguments as they are recorded.
    """
    if name.startswith("operator."):
        return "dim"
    rule = _RULES.get(name)
    return rule(recorder, bound, lowered) if rule else None


def _several(count: int) -> Rule:
    return lambda recorder, bound, lowered: (None,) * count


def _sections(argument: str, default_axis: int, kind: Callable[[Any], Any]) -> Rule:
    def rule(recorder: TraceRecorder, bound: Bound, lowered: Bound) -> Any:
        sections = bound[argument]
        count = sections if isinstance(sections, int) else len(sections) + 1
        return kind([None] * count)

    return rule


def _unstack(recorder: TraceRecorder, bound: Bound, lowered: Bound) -> Any:
    count = bound.get("num")
    if count is None:
        count = bound["x"].shape[bound.get("axis", 0)]
    return [None] * int(count)


def _like(argument: str) -> Rule:
    return lambda recorder, bound, lowered: _tensors(lowered[argument])


def _tensors(tree: Any) -> Any:
    if isinstance(tree, FrozenList):
        return [_tensors(item) for item in tree]
    if isinstance(tree, Mapping):
        return {key: _tensors(item) for key, item in tree.items()}
    return tuple(_tensors(item) for item in tree) if isinstance(tree, tuple) else None


def _outputs(argument: str) -> Rule:
    def rule(recorder: TraceRecorder, bound: Bound, lowered: Bound) -> Any:
        function = lowered[argument]
        return _closure_outputs(function if isinstance(function, Closure) else function[0])

    return rule


def _closure_outputs(closure: Closure) -> Any:
    return _tensors(map_tree(lambda leaf: None, closure.expression.outputs))


def _scan(recorder: TraceRecorder, bound: Bound, lowered: Bound) -> Any:
    return (_tensors(lowered["init"]), _closure_outputs(lowered["f"])[1])


def _svd(recorder: TraceRecorder, bound: Bound, lowered: Bound) -> Any:
    return (None,) * 3 if bound.get("compute_uv", True) else None


def _qr(recorder: TraceRecorder, bound: Bound, lowered: Bound) -> Any:
    return (None, None)


def _nonzero(recorder: TraceRecorder, bound: Bound, lowered: Bound) -> Any:
    return (None,) * len(bound["x"].shape)


def _where(recorder: TraceRecorder, bound: Bound, lowered: Bound) -> Any:
    if bound.get("x1") is not None or bound.get("x2") is not None:
        return None
    return (None,) * len(bound["condition"].shape)


def _unique(recorder: TraceRecorder, bound: Bound, lowered: Bound) -> Any:
    extra = sum(bool(bound.get(f"return_{what}")) for what in ("index", "inverse", "counts"))
    return (None,) * (1 + extra) if extra else None


_PAIRS = "moments top_k eig eigh slogdet fft fft2 ifft2 rfft stft histogram ctc_decode lu_factor".split()
_RULES: Mapping[str, Rule] = {
    **{name: _several(2) for name in _PAIRS},
    "qr": _qr,
    "svd": _svd,
    "image.sobel_edges": lambda recorder, bound, lowered: None,
    "split": _sections("indices_or_sections", 0, list),
    "array_split": _sections("indices_or_sections", 0, list),
    "hsplit": _sections("indices_or_sections", 1, list),
    "vsplit": _sections("indices_or_sections", 0, list),
    "dsplit": _sections("indices_or_sections", 2, list),
    "unstack": _unstack,
    "unravel_index": lambda recorder, bound, lowered: (None,) * len(bound["shape"]),
    "meshgrid": lambda recorder, bound, lowered: [None] * len(bound["x"]),
    "nonzero": _nonzero,
    "unique": _unique,
    "where": _where,
    "ndim": lambda recorder, bound, lowered: "dim",
    "size": lambda recorder, bound, lowered: "dim",
    "while_loop": _like("loop_vars"),
    "fori_loop": _like("init_val"),
    "associative_scan": _like("elems"),
    "scan": _scan,
    "cond": _outputs("true_fn"),
    "switch": _outputs("branches"),
    "map": _outputs("f"),
    "vectorized_map": _outputs("function"),
}
