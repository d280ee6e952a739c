"""What saved code could reach, read from its instructions and without following them.

Evaluation follows one path. This looks at every instruction of every reading and of every inner
function, so that a branch that lamina does not take cannot hide a call.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import field
from typing import Any

from lamina._records import dataclass
from lamina.auditing.attributes import READABLE, attribute_names
from lamina.bytecode import Code, NamedFunction, Reading, SavedFunction, readings
from lamina.bytecode.builtin_names import _FUNCTIONS, ERRORS
from lamina.bytecode.operations import Operation
from lamina.vocabulary import registry

_UNDERSTOOD_BUILTINS = frozenset(_FUNCTIONS) | ERRORS | {
    "int", "float", "bool", "complex", "str", "bytes", "tuple", "list", "dict", "set", "frozenset",
    "slice", "range", "True", "False", "None", "Ellipsis", "NotImplemented", "__name__",
}  # fmt: skip
_DYNAMIC = frozenset({"getattr"})
_PYTHON_BUILTINS = frozenset(
    "eval exec compile __import__ open input globals locals vars dir setattr delattr getattr memoryview "
    "object super breakpoint exit quit help classmethod staticmethod property execfile file reload "
    "raw_input apply intern buffer unicode __builtins__ __loader__ __spec__ __build_class__".split()
)
_ARGUMENTS = {"output_stream": "output_stream of tf.print, which may be a file"}
_NOTHING = object()
_MANY = 8  # so many places of one function are told


@dataclass
class Reach:
    """What one function could reach.

    Attributes:
        outside: What is neither a vocabulary's nor a plain value's, with the line: the reasons.
        needed: Names that the file does not contain.
        versions: The Pythons that may have written it.
    """

    outside: dict[str, int | None] = field(default_factory=dict)
    needed: set[str] = field(default_factory=set)
    versions: tuple[str, ...] = ()

    def explain(self) -> str:
        """The reasons as a sentence part."""
        shown = [f"{what} (line {line})" if line else what for what, line in self.outside.items()]
        more = len(shown) - _MANY
        return ", ".join(shown[:_MANY]) + (f" and {more} more" if more > 0 else "")


def reach_of(saved: SavedFunction) -> Reach:
    """Looks at a function, the functions in its closure and defaults, and every code object inside.

    Args:
        saved: The function.

    Returns:
        What it could reach.

    Raises:
        BytecodeError: No Python could have written the code.
    """
    found = Reach()
    for function in _functions(saved):
        if isinstance(function, NamedFunction):
            _by_name(function, found)
            continue
        ways = readings(function.code, lines=not function.damaged)
        if function is saved:
            found.versions = tuple(version for way in ways for version in way.versions)
        for reading in ways:
            _scan(reading, found)
    return found


def _functions(value: Any) -> Iterator[SavedFunction | NamedFunction]:
    """The function and the functions that it carries in closures and defaults."""
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, SavedFunction):
            yield item
            waiting += [*item.defaults, *item.closure]
        elif isinstance(item, NamedFunction):
            yield item
        elif isinstance(item, dict):
            waiting += item.values()
        elif isinstance(item, list | tuple):
            waiting += item


def _by_name(function: NamedFunction, found: Reach) -> None:
    root = str(function.module or "").partition(".")[0]
    if function.name in _PYTHON_BUILTINS or root in sys.stdlib_module_names - {"builtins", "__main__"}:
        found.outside.setdefault(f"{function.module}.{function.name} in its closure or defaults", None)
    else:
        found.needed.add(function.name)


def _scan(reading: Reading, found: Reach) -> None:
    for program in reading.programs.values():
        _constants(program.code, found)
        operations = program.operations
        chained: set[int] = set()
        unreached = set(range(len(operations))) - set(program.reachable)
        for at, operation in enumerate(operations):
            line = program.instructions[operation.at].line
            if operation.name == "REFUSE" and at in unreached:
                continue  # compilers leave ends of loops that nothing comes to
            if operation.name == "GLOBAL":
                attributes = _chain(operations, at)
                chained.update(range(at + 1, at + 1 + len(attributes)))
                _global(operation.arg, attributes, line, found)
            elif at not in chained:
                _other(operation, line, found)


def _constants(code: Code, found: Reach) -> None:
    """Code in a container, which no compiler writes, and names of arguments that reach outside."""
    waiting: list[object] = [*code.consts, code.names]
    while waiting:
        item = waiting.pop()
        if isinstance(item, tuple | frozenset):
            if any(isinstance(part, Code) for part in item):
                found.outside.setdefault("code inside of a constant", None)
            waiting += item
        elif isinstance(item, str) and item in _ARGUMENTS:
            found.outside.setdefault(_ARGUMENTS[item], None)


def _chain(operations: tuple[Operation, ...] | list[Operation], at: int) -> list[str]:
    names: list[str] = []
    for operation in operations[at + 1 :]:
        if operation.name != "ATTR":
            break
        names.append(operation.arg)
    return names


def _global(name: str, attributes: list[str], line: int | None, found: Reach) -> None:
    dotted = ".".join([name, *attributes])
    if name in registry.ALIASES:
        _in_vocabulary(registry.ALIASES[name], attributes, dotted, line, found)
    elif name in _DYNAMIC:
        found.outside.setdefault(f"{name}, which takes a name made at run time", line)
    elif name in _UNDERSTOOD_BUILTINS:
        _attributes(attributes, line, found)
    elif name in _PYTHON_BUILTINS:
        found.outside.setdefault(f"the built-in {name}", line)
    elif attributes and name in sys.stdlib_module_names:
        found.outside.setdefault(dotted, line)
    else:
        found.needed.add(dotted)
        _attributes(attributes, line, found, private_only=True)


def _in_vocabulary(module: str, attributes: list[str], dotted: str, line: int | None, found: Reach) -> None:
    """Follows attributes as far as they are modules; what is reached must be in the vocabulary."""
    place = registry.for_module(module)
    value: Any = registry.Namespace(*place) if place is not None else _NOTHING
    if place is None:
        found.outside.setdefault(f"{dotted}, for which there is no vocabulary", line)
    for position, name in enumerate(attributes):
        if not isinstance(value, registry.Namespace):
            if value is not _NOTHING:
                _attributes(attributes[position:], line, found)
            break
        value = registry.member(value, name, _NOTHING)
        if value is _NOTHING:
            reached = [dotted.partition(".")[0], *attributes[: position + 1]]
            found.outside.setdefault(".".join(reached), line)


def _attributes(names: list[str], line: int | None, found: Reach, private_only: bool = False) -> None:
    for name in names:
        private = name.startswith("_") and name not in READABLE
        if private or not (private_only or name in attribute_names()):
            found.outside.setdefault(f"the attribute {name}", line)


def _other(operation: Operation, line: int | None, found: Reach) -> None:
    if operation.name == "ATTR":
        _attributes([operation.arg], line, found)
    elif operation.name == "IMPORT":
        if operation.arg and registry.for_module(operation.arg) is None:
            found.outside.setdefault(f"import {operation.arg}", line)
    elif operation.name == "IMPORT_FROM":
        _attributes([operation.arg], line, found)
    elif operation.name == "REFUSE":
        found.outside.setdefault(str(operation.arg), line)
