"""Branches and loops of `jax.lax`, and what `jax` wraps around functions."""

from __future__ import annotations

import functools
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

from lamina._numpy import np
from lamina.errors import SpecNeededError
from lamina.vocabulary.dispatch import ops
from lamina.vocabulary.jax.arguments import is_constant, is_number, is_size, operand, refuse, shape_of, tensor
from lamina.vocabulary.jax.keys import Keys
from lamina.vocabulary.jax.trees import TreeDef, tree_flatten, tree_leaves, tree_map, tree_unflatten
from lamina.vocabulary.tracer import TensorTracer

_NO_OPERAND: Any = object()


def tensors(tree: Any) -> Any:
    """A structure with every leaf a tensor; keys are tensors of two numbers."""
    return tree_map(lambda leaf: tensor(leaf.tensor if isinstance(leaf, Keys) else leaf), tree)


def _pure(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *args: tensors(function(*args))


def _known(condition: Any) -> bool | None:
    return bool(condition) if is_constant(condition) and np.ndim(condition) == 0 else None


def cond(
    pred: Any, true_fun: Any, false_fun: Any, *operands: Any, operand: Any = _NO_OPERAND, **other: Any
) -> Any:
    """`jax.lax.cond`: one of two functions of the operands."""
    given = operands if operand is _NO_OPERAND else (operand,)
    if not callable(true_fun) or (given and callable(given[0])):
        # The spelling of old versions: cond(pred, true_operand, true_fun, false_operand, false_fun).
        return cond(pred, lambda: false_fun(true_fun), lambda: given[1](given[0]))
    known = _known(pred)
    if known is not None:
        return (true_fun if known else false_fun)(*given)
    branches = [functools.partial(f, *given) for f in (true_fun, false_fun)]
    test = tensor(pred)
    test = test if shape_of(test) == () else ops.reshape(test, ())
    return ops.cond(ops.cast(test, "bool"), *map(_pure, branches))


def switch(index: Any, branches: Any, *operands: Any, operand: Any = _NO_OPERAND) -> Any:
    """`jax.lax.switch`: a number out of range takes the nearest branch."""
    given = operands if operand is _NO_OPERAND else (operand,)
    functions, last = list(branches), len(branches) - 1
    if is_constant(index):
        return functions[min(max(int(index), 0), last)](*given)
    place = ops.minimum(ops.maximum(ops.cast(tensor(index), "int32"), 0), last)
    return ops.switch(place, [_pure(functools.partial(f, *given)) for f in functions])


def while_loop(cond_fun: Any, body_fun: Any, init_val: Any) -> Any:
    """`jax.lax.while_loop`: the value may be any structure."""
    leaves, structure = tree_flatten(tensors(init_val))

    def test(*values: Any) -> Any:
        return cond_fun(tree_unflatten(structure, values[: len(leaves)]))

    def step(*values: Any) -> Any:
        result = body_fun(tree_unflatten(structure, values[: len(leaves)]))
        return (*_flat_like(result, leaves), *values[len(leaves) :])

    # One loop variable comes back bare, or in a tuple, depending on the backend: pass two.
    extra = (ops.convert_to_tensor(0),) if len(leaves) < 2 else ()
    final = ops.while_loop(test, step, (*leaves, *extra))
    return tree_unflatten(structure, list(final)[: len(leaves)])


def _flat_like(result: Any, leaves: list[Any]) -> list[Any]:
    """The leaves of a loop's result; Python numbers take the type of what they replace."""
    found = tree_leaves(result)
    return [
        ops.add(ops.zeros_like(old), new)
        if is_number(new)
        else tensor(new.tensor if isinstance(new, Keys) else new)
        for new, old in zip(found, leaves, strict=True)
    ]


def fori_loop(lower: Any, upper: Any, body_fun: Any, init_val: Any, *, unroll: Any = None) -> Any:
    """`jax.lax.fori_loop`."""
    leaves, structure = tree_flatten(tensors(init_val))

    def body(i: Any, values: Any) -> Any:
        result = body_fun(i, tree_unflatten(structure, list(values)))
        return tuple(_flat_like(result, leaves))

    final = ops.fori_loop(_bound(lower), _bound(upper), body, tuple(leaves))
    return tree_unflatten(structure, list(final))


def _bound(value: Any) -> Any:
    return int(np.asarray(value)) if is_constant(value) else value if is_size(value) else operand(value)


def scan(
    f: Any,
    init: Any,
    xs: Any = None,
    length: Any = None,
    reverse: bool = False,
    unroll: Any = 1,
    **other: Any,
) -> Any:
    """`jax.lax.scan`: `f(carry, x)` over the first axis, gives the last carry and all outputs."""
    start, structure = tree_flatten(tensors(init))
    rows, inputs = tree_flatten(tensors(xs))

    def call(values: Any, row: Any) -> tuple[list[Any], list[Any], TreeDef]:
        x = tree_unflatten(inputs, list(row)) if rows else None
        state, y = f(tree_unflatten(structure, list(values)), x)
        found, shape = tree_flatten(tensors(y))
        return _flat_like(state, start), found, shape

    # This call tells what the outputs are like; unless they are asked for below, it is left out.
    _, sample, shape = call(start, [row[0] for row in rows])
    carry = start or [ops.convert_to_tensor(0)]
    # On TensorFlow, Keras stacks outputs that are like the carry only: others become a part of it.
    extra = [] if not sample or _alike(sample, carry) else [ops.zeros_like(y) for y in sample]

    def step(values: Any, row: Any) -> Any:
        state, found, _ = call(values[: len(start)], row)
        new = (*state, *values[len(start) : len(carry)])
        if extra:
            return (*new, *found), (*new, *found)
        return new, tuple(found) or new

    everything = (*carry, *extra)
    final, stacked = ops.scan(step, everything, tuple(rows) if rows else None, length=length, reverse=reverse)
    outputs = list(stacked)[len(carry) :] if extra else list(stacked)[: len(sample)]
    return tree_unflatten(structure, list(final)[: len(start)]), tree_unflatten(shape, outputs)


def _alike(outputs: list[Any], carry: list[Any]) -> bool:
    """Whether outputs are known to have the shapes and dtypes of the carry."""
    try:
        return [_spec(x) for x in outputs] == [_spec(x) for x in carry]
    except SpecNeededError:
        return False


def _spec(x: Any) -> tuple[Any, Any]:
    spec = x.spec if isinstance(x, TensorTracer) else x
    return (None if spec.shape is None else tuple(spec.shape)), str(spec.dtype)


def map_(f: Any, xs: Any, *, batch_size: Any = None) -> Any:
    """`jax.lax.map`: the function of each item of the first axis."""
    rows, inputs = tree_flatten(tensors(xs))
    shapes: list[TreeDef] = []

    def one(items: Any) -> Any:
        found, shape = tree_flatten(tensors(f(tree_unflatten(inputs, list(items)))))
        shapes.append(shape)
        return tuple(found)

    results = list(ops.map(one, tuple(rows)))
    return tree_unflatten(shapes[-1], results)


def associative_scan(fn: Any, elems: Any, reverse: bool = False, axis: int = 0) -> Any:
    """`jax.lax.associative_scan`, of a tensor or a structure of tensors."""
    leaves, structure = tree_flatten(tensors(elems))
    if len(leaves) == 1:
        found = ops.associative_scan(
            lambda a, b: tree_leaves(fn(tree_unflatten(structure, [a]), tree_unflatten(structure, [b])))[0],
            leaves[0], reverse=reverse, axis=axis,
        )  # fmt: skip
        return tree_unflatten(structure, [found])

    def combine(a: Any, b: Any) -> Any:
        return tuple(tree_leaves(fn(tree_unflatten(structure, list(a)), tree_unflatten(structure, list(b)))))

    return tree_unflatten(
        structure, list(ops.associative_scan(combine, tuple(leaves), reverse=reverse, axis=axis))
    )


# What JAX wraps around a function


def transparent(fun: Any = None, /, *args: Any, **options: Any) -> Any:
    """`jax.jit`, `jax.checkpoint` and their like: the same function, also as a decorator with options."""
    return transparent if fun is None else fun


def _axes(in_axes: Any, args: tuple[Any, ...]) -> list[Any]:
    """For each leaf of the arguments the axis that is mapped, or `None`."""
    if in_axes is None or isinstance(in_axes, int):
        in_axes = (in_axes,) * len(args)
    return [axis for arg, given in zip(args, in_axes, strict=True) for axis in _spread(given, arg)]


def _spread(axis: Any, tree: Any) -> list[Any]:
    if axis is None or isinstance(axis, int):
        return [axis] * len(tree_leaves(tree))
    pairs = tree_map(lambda a, part: _Axes(_spread(a, part)), axis, tree, is_leaf=lambda a: a is None)
    return [place for found in tree_leaves(pairs) for place in found.axes]


class _Axes:
    """The axes of a part of an argument."""

    def __init__(self, axes: list[Any]) -> None:
        self.axes = axes


def vmap(
    fun: Any, in_axes: Any = 0, out_axes: Any = 0, axis_name: Any = None, axis_size: Any = None, **other: Any
) -> Any:
    """`jax.vmap`: the function over an axis of its arguments, by `keras.ops.vectorized_map`."""

    def mapped(*args: Any, **kwargs: Any) -> Any:
        keywords = list(kwargs)
        everything = (*args, *(kwargs[name] for name in keywords))
        count = len(args) if not isinstance(in_axes, (tuple, list)) else len(in_axes)
        axes_given = in_axes if isinstance(in_axes, (tuple, list)) else (in_axes,) * count
        leaves, structure = tree_flatten(everything)
        axes = _axes((*axes_given, *(0,) * len(keywords)), everything)
        places = [n for n, axis in enumerate(axes) if axis is not None]
        if not places:
            refuse("vmap", "no argument is mapped", "give in_axes with an axis, or call the function itself")
        rows = tuple(_first(tensors(leaves[n]), axes[n]) for n in places)
        shapes: list[TreeDef] = []

        def one(items: Any) -> Any:
            values = list(leaves)
            for place, item in zip(places, items, strict=True):
                values[place] = item
            given = tree_unflatten(structure, values)
            found, shape = tree_flatten(
                tensors(fun(*given[: len(args)], **dict(zip(keywords, given[len(args) :], strict=True))))
            )
            shapes.append(shape)
            return tuple(found)

        results = list(ops.vectorized_map(one, rows))
        result = tree_unflatten(shapes[-1], results)
        return _moved(result, out_axes)

    return functools.wraps(fun)(mapped) if hasattr(fun, "__name__") else mapped


def _first(x: Any, axis: int) -> Any:
    return x if axis == 0 else ops.moveaxis(x, axis, 0)


def _moved(result: Any, out_axes: Any) -> Any:
    if out_axes is None or out_axes == 0:
        if out_axes is None:
            return tree_map(lambda x: x[0], result)
        return result
    if isinstance(out_axes, int):
        return tree_map(lambda x: ops.moveaxis(x, 0, out_axes), result)
    parts = [_moved(part, axis) for part, axis in zip(result, out_axes, strict=True)]
    return type(result)(parts)


def device_put(x: Any, *args: Any, **options: Any) -> Any:
    """`jax.device_put` and `jax.block_until_ready`: an expression runs where its inputs are."""
    return x


def scope(*args: Any, **options: Any) -> Any:
    """`jax.named_scope` and other contexts that change no values."""
    return nullcontext()


def nothing(*args: Any, **options: Any) -> None:
    """`jax.debug.print`: an expression prints nothing."""


def eval_shape(fun: Any, *args: Any, **kwargs: Any) -> Any:
    """`jax.eval_shape`: the results, whose shape and dtype may be asked."""
    return fun(*args, **kwargs)
