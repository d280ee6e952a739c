"""Branches, maps and folds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from lamina._numpy import np
from lamina.expression.model import leaves, map_tree
from lamina.vocabulary.dispatch import ops
from lamina.vocabulary.keras_backend.control import foldl as _foldl
from lamina.vocabulary.keras_backend.control import foldr as _foldr
from lamina.vocabulary.tensorflow.arguments import operand, refuse, tensor
from lamina.vocabulary.tensorflow.graph import pack_sequence_as

Branch = Callable[[], Any]


def _known(condition: Any) -> bool | None:
    return bool(condition) if isinstance(condition, (bool, int, np.ndarray, np.generic)) else None


def _tensors(value: Any) -> Any:
    """The results of a branch as tensors, so that all branches agree."""
    return map_tree(lambda leaf: leaf if leaf is None else tensor(leaf), value)


def cond(pred: Any, true_fn: Branch, false_fn: Branch) -> Any:
    """`tf.cond`: one of two functions without arguments."""
    known = _known(pred)
    if known is not None:
        return true_fn() if known else false_fn()
    return ops.cond(operand(pred), lambda: _tensors(true_fn()), lambda: _tensors(false_fn()))


def case(pred_fn_pairs: Any, default: Branch | None = None, exclusive: bool = False) -> Any:
    """`tf.case`: the function of the first condition that holds."""
    pairs = list(pred_fn_pairs.items() if isinstance(pred_fn_pairs, Mapping) else pred_fn_pairs)
    if default is None:
        *pairs, (_, default) = pairs
    chosen: Branch = default
    for pred, fn in reversed(pairs):
        chosen = _either(pred, fn, chosen)
    return chosen()


def _either(pred: Any, fn: Branch, otherwise: Branch) -> Branch:
    return lambda: cond(pred, fn, otherwise)


def switch_case(branch_index: Any, branch_fns: Any, default: Branch | None = None) -> Any:
    """`tf.switch_case`: the function of a number; any other number takes `default`, or the last one."""
    pairs = branch_fns.items() if isinstance(branch_fns, Mapping) else enumerate(branch_fns)
    by_number = dict(pair if isinstance(pair[1], Callable) else pair[1] for pair in pairs)  # type: ignore[arg-type]
    if sorted(by_number) != list(range(len(by_number))):
        refuse(
            "switch_case", f"the branches are numbered {sorted(by_number)}", "number them from 0 without gaps"
        )
    functions = [by_number[i] for i in range(len(by_number))]
    functions += [default] if default is not None else []
    last = len(functions) - 1
    if isinstance(branch_index, int):
        return functions[branch_index if 0 <= branch_index <= last else last]()
    index = ops.cast(branch_index, "int32")
    index = ops.where(ops.logical_and(ops.greater_equal(index, 0), ops.less(index, last)), index, last)
    return ops.switch(index, [_branch(f) for f in functions])


def _branch(function: Branch) -> Branch:
    return lambda: _tensors(function())


def map_fn(
    fn: Callable[[Any], Any], elems: Any, dtype: Any = None, fn_output_signature: Any = None, **other: Any
) -> Any:
    """`tf.map_fn`: `fn` on each item of the first axis."""
    elems = map_tree(operand, elems) if not isinstance(elems, list) else [operand(e) for e in elems]
    return ops.map(lambda item: _tensors(fn(item)), elems)


def vectorized_map(fn: Callable[[Any], Any], elems: Any, **other: Any) -> Any:
    """`tf.vectorized_map`: `fn` on all items of the first axis at once."""
    return ops.vectorized_map(fn, elems)


def foldl(fn: Callable[[Any, Any], Any], elems: Any, initializer: Any = None, **other: Any) -> Any:
    """`tf.foldl`: `fn(accumulator, item)` over the first axis."""
    return _foldl(fn, elems, None if initializer is None else _tensors(initializer))


def foldr(fn: Callable[[Any, Any], Any], elems: Any, initializer: Any = None, **other: Any) -> Any:
    """`tf.foldr`: `fn(accumulator, item)` over the first axis, from its end."""
    return _foldr(fn, elems, None if initializer is None else _tensors(initializer))


def scan(
    fn: Callable[[Any, Any], Any], elems: Any, initializer: Any = None, reverse: bool = False, **other: Any
) -> Any:
    """`tf.scan`: every accumulator of `fn(accumulator, item)`, from the start or the first item."""

    def step(total: Any, item: Any) -> tuple[Any, Any]:
        total = _tensors(fn(total, item))
        return total, total

    elems = map_tree(operand, elems)
    if initializer is not None:
        return ops.scan(step, _tensors(initializer), elems, reverse=reverse)[1]
    first, rest = (-1, slice(None, -1)) if reverse else (0, slice(1, None))
    start = map_tree(lambda x: x[first], elems)
    totals = ops.scan(step, start, map_tree(lambda x: x[rest], elems), reverse=reverse)[1]
    pairs = zip(leaves(start), leaves(totals), strict=True)
    joined = [ops.concatenate(_in_order(ops.expand_dims(a, axis=0), b, reverse), axis=0) for a, b in pairs]
    return pack_sequence_as(start, joined)


def _in_order(first: Any, rest: Any, reverse: bool) -> list[Any]:
    return [rest, first] if reverse else [first, rest]
