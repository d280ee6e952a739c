"""The verdict on one saved function."""

from __future__ import annotations

import builtins
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from lamina.archive import LambdaNode
from lamina.auditing.known import FUNCTIONS
from lamina.auditing.rules import AUDIT_RULES
from lamina.auditing.shapes import Shapes
from lamina.auditing.verdicts import Finding
from lamina.errors import BytecodeError, LaminaError, NamesNeededError, SpecNeededError

_KEYS = {"Lambda": ("function", "output_shape", "mask"), "Merge": ("mode", "output_shape", "output_mask")}
_DOCUMENTED_BUILTINS = frozenset({"abs", "max", "min", "sum", "round", "pow", "len"})
FRAMEWORK_ROOTS = frozenset(
    "keras tf_keras tensorflow tensorflow_core torch jax jaxlib flax numpy scipy".split()
)


def finding(rule: str, message: str = "", **fields: Any) -> Finding:
    """A finding with the verdict of its rule."""
    return Finding(rule, AUDIT_RULES[rule].verdict, message=message, **fields)


def judge(node: LambdaNode, shapes: Shapes) -> list[Finding]:
    """Findings for every function that a place of a model holds.

    Args:
        node: The place.
        shapes: What the file tells about the inputs of its layers.
    """
    found = []
    for key in _KEYS.get(node.class_name, ("function",)):
        value = node.config.get(key)
        layer = node.class_name in _KEYS
        if value is None or (key != "function" and not _is_function(value, node.config, key)):
            continue
        place = f"{node.path}.{key}" if layer else node.path
        pointer = f"{node.pointer}/config/{key}" if layer else node.pointer
        module = node.config.get("module") if isinstance(node.config.get("module"), str) else None
        known = shapes.of(node) if key in ("function", "mode") else None
        result = judge_value(value, module, known)
        found.append(replace(result, path=place, pointer=pointer))
    if "expressions" in node.config:
        found += [replace(f, path=node.path, pointer=f"{node.pointer}/config") for f in _own(node.config)]
    return found


def _is_function(value: Any, config: dict[str, Any], key: str) -> bool:
    from lamina.bytecode import is_saved_function

    named = isinstance(value, dict) and isinstance(value.get("class_name"), str) and "config" in value
    typed = config.get(f"{key}_type") in ("lambda", "function")
    return typed or named or isinstance(value, str) or (is_saved_function(value) and _is_code(value))


def _is_code(value: Any) -> bool:
    return not isinstance(value, list) or len(value[0]) > 8


def judge_value(value: Any, module: str | None, specs: Sequence[Any] | None) -> Finding:
    """The verdict on a function in any spelling of any Keras.

    Args:
        value: The JSON value.
        module: The module that a config of Keras 2 names beside it.
        specs: The shapes it is called on, where the file tells them.
    """
    from lamina.bytecode import SavedFunction, library_function, read_function

    try:
        saved = read_function(value)
    except BytecodeError as error:
        return finding("lambda.damaged", str(error))
    if not isinstance(saved, SavedFunction):
        return _named(saved, module)
    try:
        library = library_function(saved)
        return _library(saved, library) if library else _code(saved, specs)
    except RecursionError:
        return finding("lambda.damaged", "it is nested too deeply to be read")


def _code(saved: Any, specs: Sequence[Any] | None) -> Finding:
    from lamina.auditing.reach import reach_of

    try:
        reach = reach_of(saved)
    except BytecodeError as error:
        return finding("lambda.damaged", str(error))
    python = ", ".join(reach.versions)
    source, problem = _captured(saved, specs)
    if problem is not None and "is ambiguous" in str(problem) and not reach.outside:
        return finding("lambda.damaged", str(problem), python=python)
    line = next((line for line in reach.outside.values() if line), None)
    if reach.outside:
        met = problem is not None and not isinstance(problem, SpecNeededError)
        rule = "lambda.outside" if met else "lambda.hidden"
        shown = met and not isinstance(problem, NamesNeededError)  # nobody may supply what is not allowed
        message = f"it uses {reach.explain()}" + (f"\n{problem}" if shown else "")
        return finding(rule, message, names=tuple(reach.outside), python=python, line=line)
    if reach.needed or isinstance(problem, NamesNeededError):
        names = tuple(sorted(reach.needed | set(getattr(problem, "names", ()))))
        return finding("lambda.needs-names", f"it reads {', '.join(names)}", names=names, python=python)
    if isinstance(problem, SpecNeededError):
        return finding("lambda.needs-shape", "needs shape", python=python)
    if problem is not None:
        return finding("lambda.outside", str(problem), python=python, line=_line(str(problem)))
    return finding("lambda.pure", "", python=python, source=source)


def _captured(saved: Any, specs: Sequence[Any] | None) -> tuple[str, LaminaError | None]:
    """The source of what the function computes, or why it cannot be said."""
    from lamina.expression.printer import to_source
    from lamina.legacy.functions import SavedCallable
    from lamina.tracing import capture

    problem: LaminaError | None = None
    for arguments in ((), specs):
        if arguments is None:
            break
        try:
            return to_source(capture(SavedCallable(saved), *arguments)), None
        except SpecNeededError as error:
            problem = error
        except LaminaError as error:
            return "", error
    return "", problem


def _line(message: str) -> int | None:
    _, _, rest = message.partition(", line ")
    digits = rest.split(" ", 1)[0]
    return int(digits) if digits.isdecimal() else None


def _library(saved: Any, library: Any) -> Finding:
    """A function of an installed library that was saved as code: lamina uses the library's own."""
    from lamina.auditing.reach import reach_of

    try:
        reach = reach_of(saved)
    except BytecodeError as error:
        return finding("lambda.damaged", str(error))
    root = (library.module or "").partition(".")[0]
    if root not in FRAMEWORK_ROOTS:
        return finding("lambda.outside", f"it claims to come from {library.module}", names=(library.name,))
    return finding(
        "function.library-code",
        f"the code of {library.module}.{library.name}, for which lamina takes the function of that name",
        names=(library.name,),
        python=", ".join(reach.versions),
    )


def _named(named: Any, module: str | None) -> Finding:
    name, home = named.name, named.module or module or ""
    root = home.partition(".")[0] if isinstance(home, str) else "?"
    plain = name.rpartition(">")[2]
    if not all(part.isidentifier() for part in plain.replace("<lambda>", "x").split(".")):
        return finding("function.gadget", f"{name!r} is no name of a function", names=(name,))
    if name in FUNCTIONS or name in _DOCUMENTED_BUILTINS or _in_vocabulary(name):
        if root in FRAMEWORK_ROOTS | {"", "builtins", "__main__"}:
            return finding("function.library", f"{name}, of Keras or a framework", names=(name,))
    elif root in FRAMEWORK_ROOTS | {"lamina"} and name != "op_dispatch_handler":
        return finding("function.gadget", f"{home}.{name} is no tensor function", names=(f"{home}.{name}",))
    if root in sys.stdlib_module_names and root not in ("builtins", "__main__"):
        return finding("function.gadget", f"{home}.{name} is of Python itself", names=(f"{home}.{name}",))
    if root in ("", "builtins") and hasattr(builtins, name):
        return finding("function.gadget", f"{name} is of Python itself", names=(name,))
    return by_name(f"the function {name}{f' of {home}' if home else ''}", name)


def by_name(message: str, name: str) -> Finding:
    """A finding for code elsewhere; a registered name such as `"my_package>gate"` is short for both.

    Example:
        >>> by_name("the function gate", "my_package>gate").names
        ('gate', 'my_package>gate')
    """
    plain = name.rpartition(">")[2]
    return finding("function.by-name", message, names=tuple(dict.fromkeys((plain, name))))


def _in_vocabulary(name: str) -> bool:
    from lamina.vocabulary import registry

    for module in ("keras.backend", "keras.ops", "keras.activations", "tensorflow", "tensorflow.nn"):
        place = registry.for_module(module)
        if place is not None:
            vocabulary, prefix = place
            if callable(vocabulary.table.get(f"{prefix}.{name}" if prefix else name)):
                return True
    return False


def _own(config: dict[str, Any]) -> list[Finding]:
    """The expressions of a `lamina.Lambda`."""
    from lamina.expression.codec import decode
    from lamina.expression.printer import to_source

    programs = config["expressions"]
    if not isinstance(programs, list) or not programs:
        return [finding("lambda.expression", "expressions is no list with an entry")]
    data = [item.get("expression") if isinstance(item, dict) else item for item in programs]
    mask = config.get("mask")
    found = []
    for item in [*data, *(mask if isinstance(mask, list) else [])]:
        try:
            found.append(finding("lambda.pure", source=to_source(decode(item))))
        except LaminaError as error:
            found.append(finding("lambda.expression", str(error)))
    return found
