"""Whether expressions are compiled: what a layer asks for, and one switch for the process."""

from __future__ import annotations

import os
from typing import Any, Literal, TypeGuard

from lamina.errors import ArgumentError

Jit = bool | Literal["auto"]

VARIABLE = "LAMINA_JIT"
_WORDS: dict[str, Jit] = {"auto": "auto", "true": True, "1": True, "false": False, "0": False}


def is_jit(value: Any) -> TypeGuard[Jit]:
    """Whether something is a value of `jit`."""
    return value is True or value is False or value == "auto"


def checked(value: Any, name: str = "jit") -> Jit:
    """A value of `jit`.

    Raises:
        ArgumentError: It is none.
    """
    if not is_jit(value):
        raise ArgumentError(f'{name} is "auto", True or False, received {value!r}')
    return value


def _from_environment() -> Jit:
    text = os.environ.get(VARIABLE, "auto").strip().lower()
    return _WORDS[text] if text in _WORDS else checked(text, f"the environment variable {VARIABLE}")


_process: list[Jit] = [_from_environment()]


class set_jit:  # used as a function is, like torch.set_grad_enabled
    """Switches the compilation of expressions for the whole process.

    It holds from the call on; as a context manager, until the end of the block.

    Args:
        mode: `"auto"`: each layer as its own `jit` says. `False`: nothing is compiled. `True`: every layer
            but those of `jit=False` compiles from its first eager call on, under PyTorch by `torch.compile`.
            The environment variable `LAMINA_JIT` sets what holds at the start.

    Raises:
        ArgumentError: `mode` is something else.

    Example:
        >>> import lamina
        >>> with lamina.set_jit(False):
        ...     float(lamina.capture(lambda x: x + 1).run(1.0))
        2.0
    """

    def __init__(self, mode: Jit) -> None:
        self._before = _process[0]
        _process[0] = checked(mode)

    def __enter__(self) -> None:
        """The switch is set already."""

    def __exit__(self, *_: object) -> None:
        """What held before holds again."""
        _process[0] = self._before


def effective(own: Jit) -> Jit:
    """What holds for a layer: either may say no, and then either may say yes.

    Example:
        >>> effective("auto"), effective(False), effective(True)
        ('auto', False, True)
    """
    process = _process[0]
    if process == "auto" or own is False:
        return own
    return process
