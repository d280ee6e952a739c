"""Which Python wrote a code object, from the code object itself."""

from __future__ import annotations

from dataclasses import replace

from lamina._records import dataclass
from lamina.bytecode.code import Code
from lamina.bytecode.decode import Impossible
from lamina.bytecode.exception_table import check_exception_table
from lamina.bytecode.lower import Program, lower
from lamina.bytecode.opcodes import VERSIONS
from lamina.bytecode.simulate import check_stack
from lamina.errors import BytecodeError

LAYOUTS: dict[str, tuple[str, ...]] = {
    "2.7": ("2.7",),
    "3.4": ("3.4", "3.5", "3.6", "3.7"),
    "3.8": ("3.8", "3.9", "3.10"),
    "3.11": ("3.11", "3.12", "3.13", "3.14"),
}


@dataclass(frozen=True)
class Reading:
    """One way to understand a code object: the versions that agree on it, and its programs.

    `programs` maps the `id` of each code object in the tree to its program; `code` keeps them alive.
    """

    code: Code
    versions: tuple[str, ...]
    programs: dict[int, Program]


def readings(code: Code, lines: bool = True) -> list[Reading]:
    """The ways to understand `code`; usually one, though several versions may share it.

    A version remains if its compiler could have written the code: every instruction exists, indices
    and jumps are valid, caches are empty, the line and exception tables fit, and the stack never
    exceeds what was reserved. Versions that give the same operations are one reading.

    Args:
        code: The function's code object.
        lines: Whether line tables count; damaged code may have a wrong one.

    Returns:
        The readings, the oldest version first.

    Raises:
        BytecodeError: No version could have written it.
    """
    if lines not in code.known:
        code.known[lines] = _readings(code, lines)
    return list(code.known[lines])


def _readings(code: Code, lines: bool) -> list[Reading]:
    found: dict[tuple[object, ...], tuple[list[str], dict[int, Program]]] = {}
    reasons = []
    for version in LAYOUTS[code.layout]:
        try:
            programs = {id(part): check_code(part, version, lines) for part in code.tree()}
        except Impossible as reason:
            reasons.append(f"Python {version}: {reason}")
            continue
        meaning = tuple([program.meaning for program in programs.values()])
        found.setdefault(meaning, ([], programs))[0].append(version)
    if not found:
        raise BytecodeError(
            f"The saved function {code.name!r} was written by no Python that is known "
            f"({VERSIONS[0]} to {VERSIONS[-1]}): " + "; ".join(reasons) + "."
        )
    return [Reading(code, tuple(versions), programs) for versions, programs in found.values()]


def possible_versions(code: Code) -> list[str]:
    """The Python versions that may have written `code`, the oldest first.

    Args:
        code: The function's code object.

    Returns:
        For instance `["3.8", "3.9"]`.

    Raises:
        BytecodeError: There is none.
    """
    return [version for reading in readings(code) for version in reading.versions]


def check_code(code: Code, version: str, lines: bool = True) -> Program:
    """The program of one code object, if that version's compiler could have written it.

    Args:
        code: One code object; nested ones are not looked at.
        version: A key of `TABLES`.
        lines: Whether the line table counts.

    Returns:
        The program.

    Raises:
        Impossible: It could not; the text says why.
    """
    program = lower(code, version, lines)
    if not program.operations:
        raise Impossible("no instructions")
    program = replace(program, reachable=check_stack(program))
    if code.layout == "3.11":
        check_exception_table(code, program.instructions)
        _check_resume(program)
    return program


def _check_resume(program: Program) -> None:
    """From 3.11 on every function says where it starts, once the closure variables are made."""
    before = ("COPY_FREE_VARS", "MAKE_CELL", "RETURN_GENERATOR", "POP_TOP")
    first = next((at.opname for at in program.instructions if at.opname not in before), None)
    if first != "RESUME":
        raise Impossible("a function that does not begin with RESUME")
