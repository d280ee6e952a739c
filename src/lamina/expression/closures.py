"""What control flow passes to its function arguments."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from lamina.expression.model import leaves

Bound = Mapping[str, Any]


def _loop_vars(bound: Bound) -> tuple[Any, ...]:
    loop_vars = bound["loop_vars"]
    return tuple(loop_vars) if isinstance(loop_vars, tuple) else (loop_vars,)


# For each function argument, the arguments it is called with, as structures whose leaves stand for
# one tensor each. Of `fori_loop` the first is the loop index, which is like `lower`.
PASSED: Mapping[tuple[str, str], Callable[[Bound], tuple[Any, ...]]] = {
    ("cond", "true_fn"): lambda bound: (),
    ("cond", "false_fn"): lambda bound: (),
    ("switch", "branches"): lambda bound: tuple(bound["operands"]),
    ("while_loop", "cond"): _loop_vars,
    ("while_loop", "body"): _loop_vars,
    ("fori_loop", "body_fun"): lambda bound: (bound["lower"], bound["init_val"]),
    ("scan", "f"): lambda bound: (bound["init"], bound.get("xs")),
    ("associative_scan", "f"): lambda bound: (bound["elems"], bound["elems"]),
    ("map", "f"): lambda bound: (bound["xs"],),
    ("vectorized_map", "function"): lambda bound: (bound["elements"],),
}


def children(tree: Any) -> list[tuple[int | str, Any]] | None:
    """Keys and items of a structure in the order of its leaves, `None` for a leaf."""
    if isinstance(tree, Mapping):
        return [(key, tree[key]) for key in sorted(tree)]
    return list(enumerate(tree)) if isinstance(tree, (tuple, list)) else None


def tensors(tree: Any) -> list[Any]:
    """The leaves of what is passed, without the `None` that stands for no tensor."""
    return [leaf for leaf in leaves(tree) if leaf is not None]


def passed_tensors(op: str, parameter: str, bound: Bound) -> int:
    """How many tensors the operation `op` passes to its function argument `parameter`."""
    return len(tensors(PASSED[op, parameter](bound)))
