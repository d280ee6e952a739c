"""Shorter expressions that compute the same bits."""

from lamina.simplification.engine import simplify as simplify
