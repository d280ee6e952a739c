"""Functions of Keras or TensorFlow themselves that were saved as if a user had written them."""

from __future__ import annotations

import re

from lamina.bytecode.values import NamedFunction, SavedFunction

_INSTALLED = re.compile(r".*[\\/](?:site|dist)-packages[\\/](.+)\.py\Z")
_WRAPPERS = ("wrapper", "error_handler", "op_dispatch_handler")


def library_function(saved: SavedFunction) -> NamedFunction | None:
    """The library function that `saved` is, as far as the file tells.

    `Lambda(K.softplus)` saved the body of a library's own function, or of the wrapper around it,
    which nothing but that library can run. The path in the code names the module; a wrapper keeps
    the function's name in its closure up to TensorFlow 2.6, and nothing at all from 2.10 on.

    Args:
        saved: A function with its bytecode.

    Returns:
        The name and module; for a wrapper `kind` is "wrapper" and the module that of the wrapper,
        and the name is "op_dispatch_handler" where the function's own is lost. None for a function
        that no installed library defined.
    """
    found = _INSTALLED.match(saved.code.filename)
    if found is None:
        return None
    module = re.sub(r"[\\/]", ".", found.group(1))
    named = [value.name if isinstance(value, NamedFunction) else value for value in saved.closure]
    names = [value for value in named if isinstance(value, str)]
    if saved.name in _WRAPPERS and names:
        return NamedFunction(names[0], module, "wrapper")
    return NamedFunction(saved.name, module, "function")
