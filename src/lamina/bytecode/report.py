"""The texts of refusals: what was met, where in the source, and the instructions around it."""

from __future__ import annotations

from collections.abc import Sequence

from lamina.bytecode.code import Code
from lamina.bytecode.decode import disassemble
from lamina.bytecode.frame import Frame
from lamina.errors import BytecodeError, NamesNeededError


class MissingNamesError(NamesNeededError):
    """Saved code reads names that nobody has given; `names` lists them."""

    def __init__(self, message: str, names: Sequence[str]) -> None:
        super().__init__(message)
        self.names = tuple(names)


def refused(frame: Frame, error: Exception) -> BytecodeError:
    """The error for an operation that failed, with its instruction, line and surroundings.

    Args:
        frame: The call in which it happened.
        error: What happened.

    Returns:
        The error to raise.
    """
    program = frame.program
    instruction = program.instructions[program.operations[frame.at].at]
    source = program.code.filename.replace("\\", "/").rsplit("/", 1)[-1]
    reason = str(error) or type(error).__name__
    return BytecodeError(
        f"The saved function {program.code.name!r} cannot be read as an expression: {reason}\n"
        f"at {instruction.opname}, line {instruction.line} of {source} (Python {program.version}):\n"
        f"{disassemble(list(program.instructions), around=instruction.offset)}"
    )


def missing_names(names: Sequence[str], code: Code) -> MissingNamesError:
    """The error that asks for all names at once.

    Args:
        names: The names that were not found.
        code: The function that reads them.

    Returns:
        The error to raise.
    """
    listed = ", ".join(names)
    given = ", ".join(f'"{name}": ...' for name in names)
    return MissingNamesError(
        f"The saved function {code.name!r} reads {listed}, which the file does not contain. "
        f"Supply the values or functions: names={{{given}}}.",
        names,
    )
