"""Primitives of lax that hold functions: calls are written out, loops and branches are those of the opset."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from lamina.jaxpr.equation import Equation, Rule, whole
from lamina.vocabulary.dispatch import ops


def _inlined(parameter: str) -> Rule:
    """A call of a function, written out."""

    def rule(eqn: Equation) -> Any:
        return eqn.inner(eqn.params[parameter], eqn.values)

    return rule


def _custom_linear_solve(eqn: Equation) -> Any:
    """The solution itself; its derivatives are those of the operations."""
    lengths, jaxprs = eqn.params["const_lengths"], eqn.params["jaxprs"]
    start = lengths.matvec + lengths.vecmat
    consts = eqn.values[start : start + lengths.solve]
    return eqn.inner(jaxprs.solve, [*consts, *eqn.values[sum(lengths) :]])


def _tensors(eqn: Equation, positions: Sequence[int]) -> list[Any]:
    return [eqn.tensor(i) for i in positions]


def _results(eqn: Equation, values: Sequence[Any], offset: int = 0) -> tuple[Any, ...]:
    """What a function of a loop gives, as tensors of the dtypes that the loop carries."""
    avals = eqn.outputs[offset:]
    return tuple(whole(value, aval) for value, aval in zip(values, avals, strict=False))


def _while(eqn: Equation) -> Any:
    conditions, bodies = eqn.params["cond_nconsts"], eqn.params["body_nconsts"]
    cond_consts = eqn.values[:conditions]
    body_consts = eqn.values[conditions : conditions + bodies]
    start = _tensors(eqn, range(conditions + bodies, len(eqn.values)))

    def condition(*carried: Any) -> Any:
        return eqn.inner(eqn.params["cond_jaxpr"], [*cond_consts, *carried])[0]

    def body(*carried: Any) -> Any:
        return _results(eqn, eqn.inner(eqn.params["body_jaxpr"], [*body_consts, *carried]))

    return ops.while_loop(condition, body, tuple(start))


def _scan(eqn: Equation) -> Any:
    """`lax.scan`: constants, what is carried, and what is walked along the first axis."""
    consts, carried = eqn.params["num_consts"], eqn.params["num_carry"]
    walked = len(eqn.values) - consts - carried
    start = tuple(_tensors(eqn, range(consts, consts + carried)))
    rows = tuple(_tensors(eqn, range(consts + carried, len(eqn.values))))
    several = len(eqn.outputs) - carried

    def step(state: Any, row: Any) -> Any:
        given = [*eqn.values[:consts], *state, *(row if walked else ())]
        outputs = eqn.inner(eqn.params["jaxpr"], given)
        new = _results(eqn, outputs[:carried])
        avals = [type(aval)(aval.shape[1:], aval.dtype) for aval in eqn.outputs[carried:]]
        return new, tuple(whole(v, a) for v, a in zip(outputs[carried:], avals, strict=True))

    if not carried:
        start = (ops.zeros((), dtype="int32"),)
        return _scan_without_carry(eqn, step, rows)
    if not several:
        return _loop(eqn, step, start, rows)
    state, found = ops.scan(
        step,
        start,
        rows if walked else None,
        length=eqn.size(eqn.params["length"]),
        reverse=eqn.params["reverse"],
    )
    return [*state, *found]


def _scan_without_carry(eqn: Equation, step: Callable[[Any, Any], Any], rows: tuple[Any, ...]) -> Any:
    return ops.map(lambda row: step((), row)[1], rows)


def _loop(
    eqn: Equation, step: Callable[[Any, Any], Any], start: tuple[Any, ...], rows: tuple[Any, ...]
) -> Any:
    """A scan that gives nothing but what it carries: a loop with a counter."""
    length, backwards = eqn.size(eqn.params["length"]), eqn.params["reverse"]

    def body(number: Any, *state: Any) -> Any:
        place = length - 1 - number if backwards else number
        row = tuple(ops.take(each, place, axis=0) for each in rows)
        return (number + 1, *step(state, row)[0])

    counter = ops.zeros((), dtype="int32")
    return ops.while_loop(lambda number, *state: ops.less(number, length), body, (counter, *start))[1:]


def _cond(eqn: Equation) -> Any:
    """`lax.cond` and `lax.switch`: the branch of a number, which is moved into the range of branches."""
    branches = eqn.params["branches"]
    functions = [_branch(eqn, branch) for branch in branches]
    index = eqn.tensor(0)
    if len(functions) == 1:
        return functions[0]()
    if len(functions) == 2:
        which = index if eqn.inputs[0].is_bool else ops.greater(index, 0)
        return ops.cond(which, functions[1], functions[0])
    return ops.switch(ops.minimum(ops.maximum(index, 0), len(functions) - 1), functions)


def _branch(eqn: Equation, branch: Any) -> Callable[[], Any]:
    return lambda: _results(eqn, eqn.inner(branch, eqn.values[1:]))


TABLE: Mapping[str, Rule] = {
    **dict.fromkeys(("jit", "pjit", "closed_call", "core_call", "core_closed_call"), _inlined("jaxpr")),
    **dict.fromkeys(("remat", "remat2", "checkpoint"), _inlined("jaxpr")),
    "call": _inlined("call_jaxpr"),
    "cond": _cond,
    "custom_linear_solve": _custom_linear_solve,
    "scan": _scan,
    "while": _while,
}
