"""Evaluates the calls of an expression on shapes and dtypes.

A tensor is a `KerasTensor` of known sizes here, a dimension an int.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from lamina._keras import keras
from lamina.errors import LaminaError, RunError
from lamina.expression import opset
from lamina.expression.abstract import call_symbolically, is_symbolic, item, result_of
from lamina.expression.model import Call, Closure, FrozenDict, Ref, Slice, call_references, map_tree
from lamina.expression.runner import literal

Lookup = Callable[[Ref], Any]


class CallFailed(Exception):
    """A call has no result for the shapes of its arguments.

    Args:
        position: Which call.
        error: What the operation raised.
    """

    def __init__(self, position: int, error: Exception) -> None:
        super().__init__(position, error)
        self.position = position
        self.error = error


class Evaluator:
    """Evaluates calls on shapes and dtypes, each at most once, and only those that are asked for.

    Args:
        input_value: What stands for a number that no call computes: a `KerasTensor`, an int for a
            dimension, a layer.
        calls: The calls; the list may grow while the evaluator is in use.
        first_call: Number of the value that the first call computes.
    """

    def __init__(self, input_value: Callable[[int], Any], calls: Sequence[Call], first_call: int) -> None:
        self._values: dict[int, Any] = {}
        self._failed: dict[int, CallFailed] = {}
        self._input_value = input_value
        self._calls = calls
        self._first = first_call

    def __call__(self, ref: Ref) -> Any:
        """The shape and dtype, or the size, of a value."""
        if ref.index not in self._values:
            for index in self._needed(ref.index):
                self._values[index] = self._compute(index)
        return self._lookup(ref)

    def _compute(self, index: int) -> Any:
        if index < self._first:
            return self._input_value(index)
        if index in self._failed:
            raise self._failed[index]
        try:
            return evaluate(self._calls[index - self._first], self._lookup)
        except LaminaError:
            raise
        except Exception as error:
            self._failed[index] = CallFailed(index - self._first, error)
            raise self._failed[index] from error

    def _lookup(self, ref: Ref) -> Any:
        value = self._values[ref.index]
        for key in ref.path:
            value = value[key]
        return value

    def _needed(self, index: int) -> list[int]:
        needed: set[int] = set()
        waiting = [index]
        while waiting:
            current = waiting.pop()
            if current not in self._values and current not in needed:
                needed.add(current)
                if current >= self._first:
                    waiting.extend(ref.index for ref in call_references(self._calls[current - self._first]))
        return sorted(needed)


def evaluate(call: Call, lookup: Lookup) -> Any:
    """Shape and dtype of the result of one call."""
    rule = _RULES.get(call.op)
    if rule is not None:
        return rule(call, lookup)
    op = opset.lookup(call.op)
    args = [substitute(value, lookup) for value in call.args]
    kwargs = {name: substitute(value, lookup) for name, value in call.kwargs}
    if op.takes_seed:
        kwargs["seed"] = 0
    return result_of(op, args, kwargs)


def substitute(value: Any, lookup: Lookup) -> Any:
    """An argument with every reference replaced by what it stands for."""
    if isinstance(value, Ref):
        return lookup(value)
    if isinstance(value, Slice):
        return slice(*(substitute(part, lookup) for part in (value.start, value.stop, value.step)))
    if isinstance(value, FrozenDict):
        return {key: substitute(item, lookup) for key, item in value.items()}
    if isinstance(value, tuple):
        items = [substitute(item, lookup) for item in value]
        return items if type(value).__name__ == "FrozenList" else tuple(items)
    return literal(value)


def _nested(closure: Closure, passed: Sequence[Any], lookup: Lookup) -> Any:
    """Outputs of a function argument for the given shapes of what the operation passes to it."""
    values = [*passed, *(lookup(ref) for ref in closure.captured)]
    expression = closure.expression
    evaluator = Evaluator(values.__getitem__, expression.calls, expression.first_call)
    try:
        return map_tree(lambda leaf: output_leaf(leaf, evaluator), expression.outputs)
    except CallFailed as failed:
        from lamina.expression.inference import failure, without_samples

        error = failure(expression, failed, (evaluator,))
        raise RunError(without_samples(str(error))) from failed.error


def output_leaf(leaf: Any, evaluator: Evaluator) -> Any:
    """What an output of an expression is for the shapes that `evaluator` knows."""
    if isinstance(leaf, Ref):
        return evaluator(leaf)
    return leaf if leaf is None else literal_spec(leaf)


def literal_spec(value: Any) -> Any:
    """Shape and dtype of a literal that is used as a tensor."""
    tensor = keras.ops.convert_to_tensor(literal(value))
    return keras.KerasTensor(tuple(tensor.shape), dtype=keras.backend.standardize_dtype(tensor.dtype))


def _arguments(call: Call) -> dict[str, Any]:
    return opset.lookup(call.op).bind(call.args, dict(call.kwargs))


def _flat(tree: Any) -> list[Any]:
    return list(keras.tree.flatten(tree))


def _cond(call: Call, lookup: Lookup) -> Any:
    return _nested(_arguments(call)["true_fn"], [], lookup)


def _switch(call: Call, lookup: Lookup) -> Any:
    bound = _arguments(call)
    operands = _flat(substitute(bound.get("operands", ()), lookup))
    return _nested(bound["branches"][0], operands, lookup)


def _loop(name: str) -> Callable[[Call, Lookup], Any]:
    def rule(call: Call, lookup: Lookup) -> Any:
        carried = substitute(_arguments(call)[name], lookup)
        return keras.tree.map_structure(_as_spec, carried)

    return rule


def _as_spec(value: Any) -> Any:
    return value if is_symbolic(value) else literal_spec(value)


def _row(tensor: Any) -> Any:
    return keras.KerasTensor(tuple(tensor.shape)[1:], dtype=tensor.dtype)


def _stacked(tensor: Any, length: int) -> Any:
    tensor = _as_spec(tensor)
    return keras.KerasTensor((length, *tensor.shape), dtype=tensor.dtype)


def _scan(call: Call, lookup: Lookup) -> Any:
    bound = _arguments(call)
    init, xs = substitute(bound["init"], lookup), substitute(bound.get("xs"), lookup)
    rows = [] if xs is None else [_row(x) for x in _flat(xs)]
    length = bound["length"] if xs is None else _flat(xs)[0].shape[0]
    carry, ys = _nested(bound["f"], [*map(_as_spec, _flat(init)), *rows], lookup)
    stacked = None if ys is None else keras.tree.map_structure(lambda y: _stacked(y, length), ys)
    return keras.tree.map_structure(_as_spec, carry), stacked


def _mapped(function: str, elements: str) -> Callable[[Call, Lookup], Any]:
    def rule(call: Call, lookup: Lookup) -> Any:
        bound = _arguments(call)
        xs = _flat(substitute(bound[elements], lookup))
        ys = _nested(bound[function], [_row(x) for x in xs], lookup)
        return keras.tree.map_structure(lambda y: _stacked(y, xs[0].shape[0]), ys)

    return rule


def _sublayer(call: Call, lookup: Lookup) -> Any:
    layer, *args = (substitute(value, lookup) for value in call.args)
    kwargs = {name: substitute(value, lookup) for name, value in call.kwargs}
    return call_symbolically(layer, args, kwargs)


def _item(call: Call, lookup: Lookup) -> Any:
    tensor, key = (substitute(value, lookup) for value in call.args)
    return item(tensor, key)


def _rank(call: Call, lookup: Lookup) -> int:
    return len(lookup(call.args[0]).shape)


def _size(call: Call, lookup: Lookup) -> int:
    return math.prod(lookup(call.args[0]).shape)


def _positions(call: Call, lookup: Lookup) -> Any:
    """`nonzero`, whose sizes depend on the values."""
    rank = len(_as_spec(substitute(call.args[0], lookup)).shape)
    return (keras.KerasTensor((None,), dtype="int32"),) * rank


def _created(call: Call, lookup: Lookup) -> Any:
    """An operation that is told the shape of its result."""
    bound = {name: substitute(value, lookup) for name, value in _arguments(call).items()}
    shape = bound["shape"] if isinstance(bound["shape"], (tuple, list)) else (bound["shape"],)
    default = {"full": lambda: _as_spec(bound["fill_value"]).dtype, "random.randint": lambda: "int32"}
    dtype = bound.get("dtype") or default.get(call.op, keras.config.floatx)()
    return keras.KerasTensor(tuple(map(int, shape)), dtype=dtype)


def _window(call: Call, lookup: Lookup) -> Any:
    """The window functions, whose size is the number they are given."""
    size = substitute(call.args[0], lookup)
    return keras.KerasTensor((size if isinstance(size, int) else None,), dtype=keras.config.floatx())


def _bincount(call: Call, lookup: Lookup) -> Any:
    bound = _arguments(call)
    x, weights = (substitute(bound.get(name), lookup) for name in ("x", "weights"))
    dtype = "int32" if weights is None else _as_spec(weights).dtype
    return keras.KerasTensor((*_as_spec(x).shape[:-1], None), dtype=dtype)


def _where(call: Call, lookup: Lookup) -> Any:
    bound = _arguments(call)
    if bound.get("x1") is None and bound.get("x2") is None:
        return _positions(call, lookup)
    arguments = [substitute(bound[name], lookup) for name in ("condition", "x1", "x2")]
    return result_of(opset.lookup("where"), arguments, {})


# What Keras cannot infer by itself for symbolic inputs without running the function.
_RULES: Mapping[str, Callable[[Call, Lookup], Any]] = {
    "cond": _cond,
    "switch": _switch,
    "while_loop": _loop("loop_vars"),
    "fori_loop": _loop("init_val"),
    "associative_scan": _loop("elems"),
    "scan": _scan,
    "map": _mapped("f", "xs"),
    "vectorized_map": _mapped("function", "elements"),
    "operator.call": _sublayer,
    "get_item": _item,
    "ndim": _rank,
    "size": _size,
    "nonzero": _positions,
    "where": _where,
    "bincount": _bincount,
    **dict.fromkeys(("zeros", "ones", "full"), _created),
    **{
        f"random.{name}": _created
        for name in "normal truncated_normal uniform randint beta binomial gamma".split()
    },
    **dict.fromkeys(("bartlett", "blackman", "hamming", "hanning", "kaiser"), _window),
}
