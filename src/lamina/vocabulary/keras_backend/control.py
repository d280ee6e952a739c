"""Choices and loops: `switch`, phases, folds and `rnn`."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

from lamina.errors import ArgumentError
from lamina.expression.model import leaves, map_tree
from lamina.vocabulary import context
from lamina.vocabulary.dispatch import ops
from lamina.vocabulary.keras_backend.arrays import is_tensor
from lamina.vocabulary.keras_backend.shapes import is_tracer, rank, sizes

Tree = Any


def _value(expression: Any) -> Any:
    return expression() if callable(expression) and not is_tracer(expression) else expression


def switch(condition: Any, then_expression: Any, else_expression: Any) -> Any:
    """`K.switch`: a scalar condition chooses a branch, a tensor chooses element by element.

    Args:
        condition: A scalar, or a tensor of at most the rank of the expressions.
        then_expression: A tensor, or a function without arguments.
        else_expression: The same.
    """
    if isinstance(condition, (bool, int)):
        return _value(then_expression if condition else else_expression)
    chosen = ops.cast(condition, "bool")
    axes = rank(condition)
    if axes == 0:
        return ops.cond(chosen, lambda: _value(then_expression), lambda: _value(else_expression))
    then_value, else_value = _value(then_expression), _value(else_expression)
    missing = rank(then_value) - axes
    if missing < 0:
        raise ArgumentError(
            f"K.switch: the condition has {axes} axes, more than the {rank(then_value)} of the expressions"
        )
    if axes > 1 and missing:
        chosen = ops.expand_dims(chosen, axis=tuple(range(axes, axes + missing)))
    return ops.where(chosen, then_value, else_value)


def in_train_phase(x: Any, alt: Any, training: Any = None) -> Any:
    """`K.in_train_phase`: `x` in training, `alt` otherwise; both may be functions without arguments."""
    if training is None:
        training = context.is_training()
    if is_tracer(training) or (not isinstance(training, (bool, int)) and is_tensor(training)):
        return switch(training, x, alt)
    return _value(x if training else alt)


def in_test_phase(x: Any, alt: Any, training: Any = None) -> Any:
    """`K.in_test_phase`: `x` outside of training, `alt` in it."""
    return in_train_phase(alt, x, training)


def map_fn(fn: Callable[[Any], Any], elems: Any, name: str | None = None, dtype: Any = None) -> Any:
    """`K.map_fn`: `fn` on each item of the first axis."""
    return ops.map(fn, elems)


def foldl(fn: Callable[[Any, Any], Any], elems: Any, initializer: Any = None, name: str | None = None) -> Any:
    """`K.foldl`: `fn(accumulator, item)` over the first axis, from the left."""
    return _fold(fn, elems, initializer, reverse=False)


def foldr(fn: Callable[[Any, Any], Any], elems: Any, initializer: Any = None, name: str | None = None) -> Any:
    """`K.foldr`: `fn(accumulator, item)` over the first axis, from the right."""
    return _fold(fn, elems, initializer, reverse=True)


def _fold(fn: Callable[[Any, Any], Any], elems: Any, initializer: Any, reverse: bool) -> Any:
    def step(total: Any, item: Any) -> tuple[Any, Any]:
        total = fn(total, item)
        return total, total

    if initializer is None:
        first, rest = (-1, slice(None, -1)) if reverse else (0, slice(1, None))
        initializer = map_tree(lambda x: x[first], elems)
        elems = map_tree(lambda x: x[rest], elems)
    else:
        initializer = map_tree(ops.convert_to_tensor, initializer)
    return ops.scan(step, initializer, elems, reverse=reverse)[0]


def _swap(x: Any) -> Any:
    return ops.swapaxes(x, 0, 1)


def _choose(keep: Any, new: Tree, old: Tree) -> Tree:
    others = iter(list(leaves(old)))

    def one(value: Any) -> Any:
        mask = keep
        for axis in range(rank(keep), rank(value)):
            mask = ops.expand_dims(mask, axis=axis)
        return ops.where(mask, value, next(others))

    return map_tree(one, new)


def _step_mask(mask: Any, input_length: Any, steps: Any, time_major: bool, go_backwards: bool) -> Any:
    """Which steps count, time first, in the order in which they are taken; `None` if all do."""
    if mask is not None:
        mask = ops.cast(mask, "bool")
        mask = ops.expand_dims(mask, axis=-1) if rank(mask) == 2 else mask
        mask = mask if time_major else _swap(mask)
        return ops.flip(mask, axis=0) if go_backwards else mask
    if input_length is None or not is_tensor(input_length):
        return None
    step = ops.expand_dims(ops.arange(steps, dtype="int32"), axis=-1)
    length = ops.cast(input_length, "int32")
    if go_backwards:
        return ops.less(ops.subtract(ops.subtract(ops.max(length, axis=0), 1), length), step)
    return ops.greater(length, step)


def rnn(
    step_function: Callable[[Any, Any], tuple[Any, Any]],
    inputs: Tree,
    initial_states: Sequence[Any],
    go_backwards: bool = False,
    mask: Any = None,
    constants: Sequence[Any] | None = None,
    unroll: bool = False,
    input_length: Any = None,
    time_major: bool = False,
    zero_output_for_mask: bool = False,
    return_all_outputs: bool = True,
) -> tuple[Tree, Tree, tuple[Any, ...]]:
    """`K.rnn`: run `step_function` over the time axis.

    Args:
        step_function: `(input, states + constants) -> (output, new_states)`, without effects.
        inputs: Tensors of shape `(batch, time, ...)`, or time first with `time_major`.
        initial_states: One tensor per state.
        go_backwards: Start at the last step.
        mask: `(batch, time)`; a step that it leaves out keeps the states and the last output.
        constants: Further tensors for each step.
        unroll: Write out every step instead of a loop.
        input_length: Steps of each sample, instead of a mask, where the loop is not unrolled.
        time_major: Whether time is the first axis.
        zero_output_for_mask: Output zeros, not the last output, where the mask leaves a step out.
        return_all_outputs: Otherwise only the last output, as a sequence of one step.

    Returns:
        The last output, all outputs, and the final states.
    """
    fixed = tuple(constants or ())
    inputs = inputs if time_major else map_tree(_swap, inputs)
    steps = sizes(next(leaves(inputs)))[0]
    keep = _step_mask(mask, None if unroll else input_length, steps, time_major, go_backwards)
    if go_backwards:
        inputs = map_tree(lambda x: ops.flip(x, axis=0), inputs)

    def advance(previous: Any, states: tuple[Any, ...], item: Tree, kept: Any) -> tuple[Any, tuple[Any, ...]]:
        output, new_states = step_function(item, states + fixed)
        if kept is None:
            return output, tuple(new_states)
        zero = zero_output_for_mask or previous is None
        output = _choose(kept, output, map_tree(ops.zeros_like, output) if zero else previous)
        return output, tuple(_choose(kept, tuple(new_states), states))

    run = _unrolled if unroll else _looped
    output, outputs, states = run(advance, inputs, keep, tuple(initial_states), steps)
    if not return_all_outputs:
        outputs = map_tree(lambda x: ops.expand_dims(x, axis=0), output)
    return output, outputs if time_major else map_tree(_swap, outputs), states


def _unrolled(advance: Any, inputs: Tree, keep: Any, states: Any, steps: Any) -> tuple[Any, Any, Any]:
    outputs: list[Any] = []
    for t in range(steps):
        item = map_tree(operator.itemgetter(t), inputs)
        previous, kept = outputs[-1] if outputs else None, None if keep is None else keep[t]
        output, states = advance(previous, states, item, kept)
        outputs.append(output)
    parts = zip(*map(leaves, outputs), strict=True)
    return outputs[-1], map_tree(lambda _: ops.stack(list(next(parts)), axis=0), outputs[-1]), states


def _looped(advance: Any, inputs: Tree, keep: Any, states: Any, steps: Any) -> tuple[Any, Any, Any]:
    # A scan needs the shape of the first output before it starts, as Keras 2's loop does.
    first, _ = advance(None, states, map_tree(lambda x: x[0], inputs), None)
    start = (map_tree(ops.zeros_like, first), *states)

    def step(carry: Any, item: Any) -> tuple[Any, Any]:
        current, kept = (item, None) if keep is None else item
        output, new_states = advance(carry[0], tuple(carry[1:]), current, kept)
        return (output, *new_states), (output, *new_states)

    last, every = ops.scan(step, start, inputs if keep is None else (inputs, keep))
    return last[0], every[0], tuple(last[1:])
