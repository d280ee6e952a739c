"""Places in an expression or in a file, for messages.

A place is a chain of steps from the outermost structure inwards. It is written out only when
something is refused, so keeping track of it costs next to nothing.
"""

from __future__ import annotations

from typing import NoReturn

from lamina.errors import ExpressionError

# A step is an index, ready text, or a format with its values.
Step = int | str | tuple[str, *tuple[object, ...]]
Place = tuple["Place | None", Step]


def write(place: Place) -> str:
    """The place as text, such as `$.calls[3][1][0]`."""
    steps: list[str] = []
    current: Place | None = place
    while current is not None:
        current, step = current
        steps.append(_write_step(step))
    return "".join(reversed(steps))


def _write_step(step: Step) -> str:
    if isinstance(step, int):
        return f"[{step}]"
    return step if isinstance(step, str) else step[0] % step[1:]


def refuse(place: Place, problem: str) -> NoReturn:
    """Raise the error that says what is wrong at a place.

    Raises:
        ExpressionError: Always.
    """
    raise ExpressionError(f"{write(place)}: {problem}")


def short(value: object) -> str:
    """A value as it is shown in a message: its `repr` where that is short."""
    if isinstance(value, (list, dict, tuple)):
        return f"a {type(value).__name__} of {len(value)}"
    if isinstance(value, int) and value.bit_length() > 128:
        return f"an integer of {value.bit_length()} bits"
    text = repr(value[:60] if isinstance(value, (str, bytes)) else value)
    return text if len(text) <= 60 else text[:57] + "..."
