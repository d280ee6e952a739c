"""Operations on the stack and on variables."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from lamina.bytecode.budget import Refusal
from lamina.bytecode.decode import Impossible
from lamina.bytecode.frame import NULL, UNBOUND, Cell, Frame

if TYPE_CHECKING:
    from lamina.bytecode.machine import Machine

# A handler returns the index of the operation to go on with, or None for the next one.
Handler = Callable[["Machine", Frame, Any], int | None]


def _nothing(machine: Machine, frame: Frame, arg: Any) -> None:
    pass


def _pop(machine: Machine, frame: Frame, arg: Any) -> None:
    frame.stack.pop()


def _copy(machine: Machine, frame: Frame, n: int) -> None:
    frame.stack.append(frame.stack[-n])


def _swap(machine: Machine, frame: Frame, n: int) -> None:
    stack = frame.stack
    stack[-1], stack[-n] = stack[-n], stack[-1]


def _sink(machine: Machine, frame: Frame, n: int) -> None:
    frame.stack.insert(len(frame.stack) - n, frame.stack.pop())


def _null(machine: Machine, frame: Frame, arg: Any) -> None:
    frame.stack.append(NULL)


def _const(machine: Machine, frame: Frame, index: int) -> None:
    frame.stack.append(frame.program.code.consts[index])


def _value(machine: Machine, frame: Frame, value: Any) -> None:
    frame.stack.append(value)


def _builtin(machine: Machine, frame: Frame, name: str) -> None:
    frame.stack.append(machine.builtin(name))


def _global(machine: Machine, frame: Frame, name: str) -> None:
    frame.stack.append(machine.global_value(name))


def _load(machine: Machine, frame: Frame, slot: int) -> None:
    value = frame.slots[slot]
    if value is UNBOUND:
        raise _unbound(frame, slot)
    frame.stack.append(value)


def _unbound(frame: Frame, slot: int) -> Refusal:
    return Refusal(f"the variable {frame.program.code.slots[slot]!r} is read before it has a value")


def _load_clear(machine: Machine, frame: Frame, slot: int) -> None:
    frame.stack.append(frame.slots[slot])
    frame.slots[slot] = UNBOUND


def _store(machine: Machine, frame: Frame, slot: int) -> None:
    frame.slots[slot] = frame.stack.pop()


def _delete(machine: Machine, frame: Frame, slot: int) -> None:
    frame.slots[slot] = UNBOUND


def _make_cell(machine: Machine, frame: Frame, slot: int) -> None:
    frame.slots[slot] = Cell(frame.slots[slot])


def _copy_free(machine: Machine, frame: Frame, arg: Any) -> None:
    count = len(frame.program.code.freevars)
    if count != len(frame.closure):
        raise Refusal(f"{count} closure variables, but {len(frame.closure)} values")
    frame.slots[len(frame.slots) - count :] = frame.closure


def _cell(frame: Frame, slot: int) -> Cell:
    found = frame.slots[slot]
    if not isinstance(found, Cell):
        raise Impossible(f"variable {slot} is used as a closure variable but is none")
    return found


def _closure(machine: Machine, frame: Frame, slot: int) -> None:
    frame.stack.append(_cell(frame, slot))


def _load_cell(machine: Machine, frame: Frame, slot: int) -> None:
    value = _cell(frame, slot).value
    if value is UNBOUND:
        raise _unbound(frame, slot)
    frame.stack.append(value)


def _store_cell(machine: Machine, frame: Frame, slot: int) -> None:
    _cell(frame, slot).value = frame.stack.pop()


def _delete_cell(machine: Machine, frame: Frame, slot: int) -> None:
    _cell(frame, slot).value = UNBOUND


STACK_HANDLERS: dict[str, Handler] = {
    "NOP": _nothing,
    "POP": _pop,
    "COPY": _copy,
    "SWAP": _swap,
    "SINK": _sink,
    "NULL": _null,
    "CONST": _const,
    "VALUE": _value,
    "BUILTIN": _builtin,
    "GLOBAL": _global,
    "LOAD": _load,
    "LOAD_CLEAR": _load_clear,
    "STORE": _store,
    "DELETE": _delete,
    "MAKE_CELL": _make_cell,
    "COPY_FREE": _copy_free,
    "CLOSURE": _closure,
    "LOAD_CELL": _load_cell,
    "STORE_CELL": _store_cell,
    "DELETE_CELL": _delete_cell,
}
