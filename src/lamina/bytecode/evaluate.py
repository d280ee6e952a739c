"""Evaluates a saved function on objects that are handed in, without running its bytecode."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from lamina.bytecode.code import Code
from lamina.bytecode.decode import Impossible
from lamina.bytecode.limits import DEFAULT, Limits
from lamina.bytecode.machine import Machine
from lamina.bytecode.namespace import Namespace
from lamina.bytecode.operations import Operation
from lamina.bytecode.values import SavedFunction
from lamina.bytecode.version import Reading, readings
from lamina.errors import BytecodeError, SpecNeededError


def evaluate(
    function: SavedFunction,
    args: Sequence[Any],
    kwargs: Mapping[str, Any] | None = None,
    *,
    namespace: Namespace,
    limits: Limits = DEFAULT,
    same: Callable[[Any, Any], bool] | None = None,
) -> Any:
    """What `function(*args, **kwargs)` returned in the Python that saved it.

    The arguments are usually tracers: objects that record what is done to them. Where the code may
    be of several Pythons that mean different things by it, each is tried, and their results must be
    the same.

    Args:
        function: The saved function.
        args: Positional arguments.
        kwargs: Keyword arguments.
        namespace: What the code may reach besides its arguments.
        limits: What the evaluation may cost.
        same: Whether two results are the same; without it, they must be one object.

    Returns:
        What the function returns.

    Raises:
        BytecodeError: The function does what cannot be followed; the message names the instruction
            and the source line. Or it is ambiguous.
        NamesNeededError: It reads names that the namespace does not have.

    Example:
        >>> from lamina.bytecode import PlainNamespace, read_function
        >>> saved = read_function(["4wEAAAAAAAAAAAAAAAEAAAACAAAAEwAAAHMIAAAAfACIABQAUwCpAU6pAKkB2gF4qQHaBmZh"
        ...     "Y3RvcnICAAAA+gtnZW5lcmF0ZS5wedoIPGxhbWJkYT72AQAA8wAAAAA=", None, [0.25]])
        >>> evaluate(saved, [8.0], namespace=PlainNamespace())
        2.0
    """
    found = readings(function.code, lines=not function.damaged)
    outcomes: list[tuple[Reading, Any]] = []
    refusals: list[tuple[Reading, BytecodeError]] = []
    excluded: list[str] = []
    for reading in found:
        try:
            machine = Machine(reading, namespace, limits)
            call = machine.function(function, reading)
            given = {name: machine.adopt(value) for name, value in (kwargs or {}).items()}
            outcomes.append((reading, _call(machine, call, [machine.adopt(arg) for arg in args], given)))
        except Impossible as reason:
            excluded.append(f"Python {reading.versions[0]}: {reason}")
        except BytecodeError as error:
            refusals.append((reading, error))
    return _agreed(function, outcomes, refusals, excluded, same)


def _call(machine: Machine, call: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
    try:
        return machine.call(call, args, kwargs)
    except (Impossible, BytecodeError, SpecNeededError):
        raise
    except Exception as error:
        raise BytecodeError(f"The saved function {call.name!r} cannot be called: {error}") from error


def _agreed(
    function: SavedFunction,
    outcomes: list[tuple[Reading, Any]],
    refusals: list[tuple[Reading, BytecodeError]],
    excluded: list[str],
    same: Callable[[Any, Any], bool] | None,
) -> Any:
    """The one result of all readings that are possible."""
    if not outcomes and not refusals:
        raise BytecodeError(f"The saved function {function.name!r} is damaged: {'; '.join(excluded)}.")
    if not outcomes:
        raise refusals[0][1]
    (first, result), *others = outcomes
    agrees = same or (lambda one, other: one is other)
    differing = [reading for reading, other in others if not agrees(result, other)]
    differing += [reading for reading, _ in refusals]
    if differing:
        versions = ", ".join(reading.versions[0] for reading in [first, *differing])
        raise BytecodeError(
            f"The saved function {function.name!r} is ambiguous: it may have been written by Python "
            f"{versions}, which mean different things by it."
        )
    return result


def free_names(code: Code) -> set[str]:
    """The global names that the code reads, with the attributes it takes of each.

    Args:
        code: The function's code object; inner functions count too.

    Returns:
        Dotted names: `{"K.mean", "SCALE"}`.

    Raises:
        BytecodeError: No version of Python could have written the code.
    """
    names: set[str] = set()
    for program in readings(code, lines=False)[0].programs.values():
        operations = program.operations
        names.update(_chain(operations, at) for at, step in enumerate(operations) if step.name == "GLOBAL")
    return names


def _chain(operations: Sequence[Operation], at: int) -> str:
    names = [operations[at].arg]
    for operation in operations[at + 1 :]:
        if operation.name != "ATTR":
            break
        names.append(operation.arg)
    return ".".join(names)
