"""Jumps, loops, blocks, generators, imports, and the ways a function ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lamina.bytecode.budget import CONTAINERS, Refusal
from lamina.bytecode.builtin_names import ErrorKind, ErrorMessage
from lamina.bytecode.decode import Impossible
from lamina.bytecode.frame import Cell, Frame, Marker
from lamina.bytecode.handlers_stack import Handler

if TYPE_CHECKING:
    from lamina.bytecode.machine import Machine

_END = object()


def _iter(machine: Machine, frame: Frame, arg: Any) -> None:
    frame.stack.append(iter(frame.stack.pop()))


def _for(machine: Machine, frame: Frame, target: int) -> int | None:
    value = next(frame.stack[-1], _END)
    if value is _END:
        frame.stack.pop()
        return target
    frame.stack.append(value)
    return None


def _jump(machine: Machine, frame: Frame, target: int) -> int:
    return target


def _jump_true(machine: Machine, frame: Frame, target: int) -> int | None:
    return target if frame.stack.pop() else None


def _jump_false(machine: Machine, frame: Frame, target: int) -> int | None:
    return None if frame.stack.pop() else target


def _block(machine: Machine, frame: Frame, kind_target: tuple[str, int | None]) -> None:
    frame.blocks.append((*kind_target, len(frame.stack)))


def _pop_block(machine: Machine, frame: Frame, arg: Any) -> None:
    frame.blocks.pop()


def _break(machine: Machine, frame: Frame, arg: Any) -> int:
    _, target, depth = _leave_blocks(frame)
    frame.blocks.pop()
    del frame.stack[depth:]
    if target is None:
        raise Impossible("a loop without an end")
    return target


def _continue(machine: Machine, frame: Frame, target: int) -> int:
    _leave_blocks(frame)
    return target


def _leave_blocks(frame: Frame) -> tuple[str, int | None, int]:
    """The innermost loop, after the blocks within it are left."""
    while frame.blocks and frame.blocks[-1][0] != "loop":
        _refuse_finally(frame.blocks.pop()[0])
    if not frame.blocks:
        raise Impossible("break or continue outside a loop")
    return frame.blocks[-1]


def _refuse_finally(kind: str) -> None:
    if kind == "finally":
        raise Refusal("leaving a try with finally from within is not understood")


def _end_finally(machine: Machine, frame: Frame, arg: Any) -> None:
    if frame.stack.pop() is not None:
        raise Refusal("an exception passes through a finally clause")


def _yield(machine: Machine, frame: Frame, arg: Any) -> None:
    if frame.yields is None:
        raise Impossible("a yield outside a generator")
    frame.yields.append(frame.stack.pop())
    frame.stack.append(None)


def _yield_from(machine: Machine, frame: Frame, arg: Any) -> None:
    _, values = frame.stack.pop(), frame.stack.pop()
    if frame.yields is None:
        raise Impossible("a yield outside a generator")
    frame.yields += machine.budget.collect(values)
    frame.stack.append(None)


def _return(machine: Machine, frame: Frame, arg: Any) -> None:
    for kind, _, _ in frame.blocks:
        _refuse_finally(kind)
    result = frame.stack.pop()
    if isinstance(result, Marker | Cell):
        raise Impossible("a function returns what is no value")
    if type(result) in CONTAINERS:
        machine.budget.weigh(result)
    frame.result = result


def _raise(machine: Machine, frame: Frame, n: int) -> None:
    values = frame.pop_many(n)
    if not values:
        raise Refusal("it raises the exception that it is handling")
    error = values[0]
    # Python 2's `raise Kind, value` and Python 3's `raise error from cause` look alike here.
    if isinstance(error, ErrorKind):
        error = error(*[value for value in values[1:2] if machine.python2 and value is not None])
    if not isinstance(error, ErrorMessage):
        raise Refusal(f"it raises {type(error).__name__}, which is no known exception")
    text = ", ".join(str(arg) for arg in error.args)
    raise Refusal(f"the function itself raises {error.name}" + (f": {text}" if text else ""))


def _refuse(machine: Machine, frame: Frame, what: str) -> None:
    raise Refusal(f"{what} is not understood")


def _import(machine: Machine, frame: Frame, name: str) -> None:
    names, level = frame.stack.pop(), frame.stack.pop()
    if level not in (0, -1, None):
        raise Refusal("a relative import")
    module = machine.import_module(name)
    whole = names or "." not in name
    frame.stack.append(module if whole else machine.import_module(name.split(".")[0]))


def _import_from(machine: Machine, frame: Frame, name: str) -> None:
    frame.stack.append(machine.attribute(frame.stack[-1], name))


CONTROL_HANDLERS: dict[str, Handler] = {
    "ITER": _iter,
    "FOR": _for,
    "JUMP": _jump,
    "JUMP_TRUE": _jump_true,
    "JUMP_FALSE": _jump_false,
    "BLOCK": _block,
    "POP_BLOCK": _pop_block,
    "BREAK": _break,
    "CONTINUE": _continue,
    "END_FINALLY": _end_finally,
    "YIELD": _yield,
    "YIELD_FROM": _yield_from,
    "RETURN": _return,
    "RAISE": _raise,
    "REFUSE": _refuse,
    "IMPORT": _import,
    "IMPORT_FROM": _import_from,
}
