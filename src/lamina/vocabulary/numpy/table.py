"""Functions that differ from an operation of the opset in their arguments only, as a table.

Each line reads `name = operation(parameters)`, the parameters in NumPy's order:

    $a      an operand, which arrays and lists may stand for
    axis    passed on under its name, where it is given
    p>q     passed on as `q`
    @dtype  the operands are cast to it first
    %dtype  so is the result, which an integer type truncates
    +p      passed on, with all axes named: on PyTorch, Keras forgets to keep them otherwise
    -p      refused where it is given
    ~p      ignored: it cannot change the values of a tensor
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from lamina.vocabulary.dispatch import op_function
from lamina.vocabulary.numpy.arguments import (
    Function,
    cast,
    is_given,
    operand,
    rank,
    refuse,
    refuse_arguments,
)

LINES = """
sum = sum($a, axis, @dtype, -out, +keepdims, -initial, -where)
prod = prod($a, axis, @dtype, -out, +keepdims, -initial, -where)
product = prod($a, axis, @dtype, -out, +keepdims, -initial, -where)
mean = mean($a, axis, %dtype, -out, keepdims, -where)
max = max($a, axis, -out, +keepdims, initial, -where)
min = min($a, axis, -out, +keepdims, initial, -where)
amax = max($a, axis, -out, +keepdims, initial, -where)
amin = min($a, axis, -out, +keepdims, initial, -where)
all = all($a, axis, -out, keepdims, -where)
any = any($a, axis, -out, keepdims, -where)
alltrue = all($a, axis, -out, keepdims, -where)
sometrue = any($a, axis, -out, keepdims, -where)
ptp = ptp($a, axis, -out, keepdims)
argmax = argmax($a, axis, -out, keepdims)
argmin = argmin($a, axis, -out, keepdims)
median = median($a, axis, -out, ~overwrite_input, keepdims)
cumsum = cumsum($a, axis, @dtype, -out)
cumprod = cumprod($a, axis, @dtype, -out)
cumproduct = cumprod($a, axis, @dtype, -out)
nansum = nansum($a, axis, @dtype, -out, keepdims, -initial, -where)
nanprod = nanprod($a, axis, @dtype, -out, keepdims, -initial, -where)
nanmean = nanmean($a, axis, @dtype, -out, keepdims, -where)
nanmax = nanmax($a, axis, -out, keepdims, -initial, -where)
nanmin = nanmin($a, axis, -out, keepdims, -initial, -where)
nanargmax = nanargmax($a, axis, -out, keepdims)
nanargmin = nanargmin($a, axis, -out, keepdims)
nancumsum = nancumsum($a, axis, @dtype, -out)
nancumprod = nancumprod($a, axis, @dtype, -out)
trapezoid = trapezoid($y, $x, dx, axis)
trapz = trapezoid($y, $x, dx, axis)
swapaxes = swapaxes($a, axis1, axis2)
moveaxis = moveaxis($a, source, destination)
transpose = transpose($a, axes)
permute_dims = transpose($a, axes)
flip = flip($m, axis)
flipud = flipud($m)
fliplr = fliplr($m)
squeeze = squeeze($a, axis)
broadcast_to = broadcast_to($array, shape, ~subok)
diag = diag($v, k)
diagflat = diagflat($v, k)
diagonal = diagonal($a, offset, axis1, axis2)
tril = tril($m, k)
triu = triu($m, k)
vander = vander($x, N, increasing)
copy = copy($a, ~order, ~subok)
i0 = i0($x)
sinc = sinc($x)
isneginf = isneginf($x, -out)
isposinf = isposinf($x, -out)
isreal = isreal($x)
isclose = isclose($a, $b, rtol, atol, equal_nan)
allclose = allclose($a, $b, rtol, atol, equal_nan)
dot = dot($a, $b, -out)
inner = inner($a, $b)
tensordot = tensordot($a, $b, axes)
linalg.tensordot = tensordot($x1, $x2, axes)
linalg.matmul = matmul($x1, $x2)
linalg.inv = inv($a)
linalg.det = det($a)
linalg.solve = solve($a, $b)
"""


def table_function(name: str, op: str, parameters: list[str]) -> Function:
    """The NumPy function that a line of the table describes."""
    names = [p.lstrip("$@%+-~").partition(">")[0] for p in parameters]
    marks = {n: p[0] if p[0] in "$@%+-~" else "" for n, p in zip(names, parameters, strict=True)}
    targets = {n: p.partition(">")[2] or n for n, p in zip(names, parameters, strict=True)}
    operands = [n for n in names if marks[n] == "$"]
    operation = op_function(op)

    def call(*args: Any, **kwargs: Any) -> Any:
        bound = _bind(name, names, args, kwargs)
        refuse_arguments(name, **{n: v for n, v in bound.items() if marks[n] == "-"})
        values = [cast(operand(bound[n]), bound.get("dtype")) for n in operands if n in bound]
        if bound.get("axis") is None and any(marks[n] == "+" and v for n, v in bound.items()):
            bound["axis"] = tuple(range(rank(values[0])))
        result = operation(*values, **{targets[n]: v for n, v in bound.items() if marks[n] in ("", "+")})
        return cast(result, bound.get("dtype")) if marks.get("dtype") == "%" else result

    call.__name__ = call.__qualname__ = name
    call.arguments = tuple(n for n in names if marks[n] != "-")  # type: ignore[attr-defined]
    call.__doc__ = f"`numpy.{name}`, as `keras.ops.{op}`."
    return call


def _bind(name: str, names: list[str], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    if len(args) > len(names):
        refuse(name, f"takes at most {len(names)} arguments, received {len(args)}", f"({', '.join(names)})")
    bound = dict(zip(names, args, strict=False))
    for key, value in kwargs.items():
        if key in bound or key not in names:
            problem = "is given twice" if key in bound else "is not one of its arguments"
            refuse(name, f"{key!r} {problem}", f"they are {', '.join(names)}")
        if is_given(value):
            bound[key] = value
    return bound


def _parse(line: str) -> tuple[str, Function]:
    match = re.fullmatch(r"(\S+) = (\S+)\((.*)\)", line)
    assert match, line
    return match[1], table_function(match[1], match[2], match[3].split(", "))


FUNCTIONS: Mapping[str, Function] = dict(_parse(line) for line in LINES.strip().splitlines())
