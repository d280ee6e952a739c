"""Operators, subscripts, attributes, and the building and taking apart of values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lamina.bytecode.budget import Refusal
from lamina.bytecode.decode import Impossible
from lamina.bytecode.formatting import format_value, to_text
from lamina.bytecode.frame import Frame
from lamina.bytecode.handlers_stack import Handler
from lamina.bytecode.operators import binary, compare, contains, subscript, unary

if TYPE_CHECKING:
    from lamina.bytecode.machine import Machine


def _unary(machine: Machine, frame: Frame, symbol: str) -> None:
    frame.stack.append(unary(symbol, frame.stack.pop()))


def _binary(machine: Machine, frame: Frame, symbol: str) -> None:
    right, left = frame.stack.pop(), frame.stack.pop()
    frame.stack.append(binary(machine.budget, symbol, left, right))


def _compare(machine: Machine, frame: Frame, symbol: str) -> None:
    right, left = frame.stack.pop(), frame.stack.pop()
    frame.stack.append(compare(machine.budget, symbol, left, right))


def _is(machine: Machine, frame: Frame, inverted: bool) -> None:
    right, left = frame.stack.pop(), frame.stack.pop()
    frame.stack.append((left is right) != inverted)


def _in(machine: Machine, frame: Frame, inverted: bool) -> None:
    container, item = frame.stack.pop(), frame.stack.pop()
    frame.stack.append(contains(machine.budget, container, item) != inverted)


def _bool(machine: Machine, frame: Frame, arg: Any) -> None:
    frame.stack.append(bool(frame.stack.pop()))


def _subscript(machine: Machine, frame: Frame, arg: Any) -> None:
    key, value = frame.stack.pop(), frame.stack.pop()
    frame.stack.append(subscript(machine.budget, value, key))


def _store_subscript(machine: Machine, frame: Frame, arg: Any) -> None:
    key, target, value = frame.stack.pop(), frame.stack.pop(), frame.stack.pop()
    machine.budget.weigh(key, value)
    if type(key) is slice and type(target) is list:
        value = machine.budget.collect(value)
        machine.budget.allow_size(len(target) + len(value))
    target[key] = value


def _delete_subscript(machine: Machine, frame: Frame, arg: Any) -> None:
    key, target = frame.stack.pop(), frame.stack.pop()
    if type(target) not in (list, dict):
        raise Refusal(f"deleting an item of {type(target).__name__}")
    machine.budget.weigh(key)
    del target[key]


def _attribute(machine: Machine, frame: Frame, name: str) -> None:
    frame.stack.append(machine.attribute(frame.stack.pop(), name))


def _tuple(machine: Machine, frame: Frame, n: int) -> None:
    frame.stack.append(tuple(frame.pop_many(n)))


def _list(machine: Machine, frame: Frame, n: int) -> None:
    frame.stack.append(frame.pop_many(n))


def _set(machine: Machine, frame: Frame, n: int) -> None:
    items = frame.pop_many(n)
    machine.budget.weigh(*items)
    frame.stack.append(set(items))


def _map(machine: Machine, frame: Frame, n: int) -> None:
    items = frame.pop_many(2 * n)
    machine.budget.weigh(*items[::2])
    frame.stack.append(dict(zip(items[::2], items[1::2], strict=True)))


def _key_map(machine: Machine, frame: Frame, n: int) -> None:
    keys, values = frame.stack.pop(), frame.pop_many(n)
    if type(keys) is not tuple or len(keys) != n:
        raise Impossible("a dictionary whose keys are not a tuple of their number")
    machine.budget.weigh(keys)
    frame.stack.append(dict(zip(keys, values, strict=True)))


def _string(machine: Machine, frame: Frame, n: int) -> None:
    parts = frame.pop_many(n)
    machine.budget.allow_size(sum(len(part) for part in parts))
    frame.stack.append("".join(parts))


def _slice(machine: Machine, frame: Frame, n: int) -> None:
    frame.stack.append(slice(*frame.pop_many(n)))


def _concat(machine: Machine, frame: Frame, kind_n: tuple[str, int]) -> None:
    kind, n = kind_n
    parts = frame.pop_many(n)
    items = machine.budget.collect([item for part in parts for item in machine.budget.iterate(part)])
    machine.budget.weigh(*items)
    frame.stack.append({"list": list, "tuple": tuple, "set": set}[kind](items))


def _merge(machine: Machine, frame: Frame, kind_n: tuple[str, int]) -> None:
    kind, n = kind_n
    merged: dict[Any, Any] = {}
    for part in frame.pop_many(n):
        _add_all(machine, merged, part, unique=kind == "merge")
    frame.stack.append(merged)


def _add_all(machine: Machine, target: Any, part: Any, unique: bool) -> None:
    if type(part) is not dict or type(target) is not dict:
        raise Refusal(f"** of {type(part).__name__}, not of a dictionary")
    twice = set(target) & set(part) if unique else set()
    if twice:
        raise Refusal(f"two values for the argument {', '.join(map(repr, sorted(map(str, twice))))}")
    machine.budget.allow_size(len(target) + len(part))
    target.update(part)


def _append(machine: Machine, frame: Frame, n: int) -> None:
    value = frame.stack.pop()
    _expect(frame.stack[-n], list).append(value)


def _add(machine: Machine, frame: Frame, n: int) -> None:
    value = frame.stack.pop()
    machine.budget.weigh(value)
    _expect(frame.stack[-n], set).add(value)


def _map_add(machine: Machine, frame: Frame, n_key_last: tuple[int, bool]) -> None:
    n, key_last = n_key_last
    first, last = frame.pop_many(2)
    key, value = (last, first) if key_last else (first, last)
    machine.budget.weigh(key)
    _expect(frame.stack[-n], dict)[key] = value


def _extend(machine: Machine, frame: Frame, n: int) -> None:
    items = machine.budget.collect(frame.stack.pop())
    target = _expect(frame.stack[-n], list)
    machine.budget.allow_size(len(target) + len(items))
    target.extend(items)


def _update(machine: Machine, frame: Frame, n: int) -> None:
    items = machine.budget.collect(frame.stack.pop())
    machine.budget.weigh(*items)
    _expect(frame.stack[-n], set).update(items)


def _dict_update(unique: bool) -> Handler:
    def handler(machine: Machine, frame: Frame, n: int) -> None:
        part = frame.stack.pop()
        _add_all(machine, frame.stack[-n], part, unique)

    return handler


def _expect(value: Any, kind: type) -> Any:
    if type(value) is not kind:
        raise Impossible(f"a {kind.__name__} was expected on the stack, not {type(value).__name__}")
    return value


def _to_tuple(machine: Machine, frame: Frame, arg: Any) -> None:
    frame.stack.append(tuple(_expect(frame.stack.pop(), list)))


def _unpack(machine: Machine, frame: Frame, n: int) -> None:
    items = _several(machine, frame.stack.pop(), n + 1)
    if len(items) != n:
        raise Refusal(f"{n} values are unpacked from {'more' if len(items) > n else len(items)}")
    frame.stack.extend(reversed(items))


def _several(machine: Machine, values: Any, most: int) -> list[Any]:
    """The first `most` elements, not asking for more."""
    iterator = iter(values)
    return [item for _, item in zip(range(most), machine.budget.iterate(iterator), strict=False)]


def _unpack_ex(machine: Machine, frame: Frame, before_after: tuple[int, int]) -> None:
    before, after = before_after
    items = machine.budget.collect(frame.stack.pop())
    if len(items) < before + after:
        raise Refusal(f"at least {before + after} values are unpacked from {len(items)}")
    end = len(items) - after
    parts = [*items[:before], items[before:end], *items[end:]]
    frame.stack.extend(reversed(parts))


def _convert(machine: Machine, frame: Frame, conversion: int) -> None:
    frame.stack.append(to_text(machine.budget, frame.stack.pop(), conversion))


def _format(machine: Machine, frame: Frame, arg: Any) -> None:
    frame.stack.append(format_value(machine.budget, frame.stack.pop()))


def _format_spec(machine: Machine, frame: Frame, arg: Any) -> None:
    specification, value = frame.stack.pop(), frame.stack.pop()
    frame.stack.append(format_value(machine.budget, value, specification))


DATA_HANDLERS: dict[str, Handler] = {
    "UNARY": _unary,
    "BINARY": _binary,
    "COMPARE": _compare,
    "IS": _is,
    "IN": _in,
    "BOOL": _bool,
    "SUBSCR": _subscript,
    "STORE_SUBSCR": _store_subscript,
    "DELETE_SUBSCR": _delete_subscript,
    "ATTR": _attribute,
    "TUPLE": _tuple,
    "LIST": _list,
    "SET": _set,
    "MAP": _map,
    "KEY_MAP": _key_map,
    "STRING": _string,
    "SLICE": _slice,
    "CONCAT": _concat,
    "MERGE": _merge,
    "APPEND": _append,
    "ADD": _add,
    "MAP_ADD": _map_add,
    "EXTEND": _extend,
    "UPDATE": _update,
    "DICT_UPDATE": _dict_update(unique=False),
    "DICT_MERGE": _dict_update(unique=True),
    "TO_TUPLE": _to_tuple,
    "UNPACK": _unpack,
    "UNPACK_EX": _unpack_ex,
    "CONVERT": _convert,
    "FORMAT": _format,
    "FORMAT_SPEC": _format_spec,
}
