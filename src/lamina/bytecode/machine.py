"""The evaluator: runs a program's operations on the objects that it is handed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lamina.bytecode.budget import CONTAINERS, PLAIN, Budget, Refusal
from lamina.bytecode.builtin_names import Builtin, ErrorKind, make_builtin
from lamina.bytecode.decode import Impossible
from lamina.bytecode.frame import UNBOUND, Cell, Frame, Function, Marker
from lamina.bytecode.handlers import HANDLERS
from lamina.bytecode.limits import Limits
from lamina.bytecode.lower import Program
from lamina.bytecode.methods import find_method
from lamina.bytecode.namespace import Namespace
from lamina.bytecode.report import missing_names, refused
from lamina.bytecode.values import Array, NamedFunction, SavedFunction
from lamina.bytecode.version import Reading, readings
from lamina.errors import BytecodeError, SpecNeededError

_READABLE_DUNDERS = ("__name__", "__version__")


class Machine:
    """One evaluation of one reading of a saved function."""

    def __init__(self, reading: Reading, namespace: Namespace, limits: Limits) -> None:
        self.reading = reading
        self.namespace = namespace
        self.budget = Budget(limits)
        self.python2 = reading.code.layout == "2.7"
        self.programs: dict[int, Program] = dict(reading.programs)
        self.depth = 0
        self.globals: dict[str, Any] = {}
        self.builtins: dict[str, Builtin | ErrorKind | bool | None] = {}

    def function(self, saved: SavedFunction, reading: Reading) -> Function:
        """A saved function with its closure and defaults, ready to be called."""
        self.programs.update(reading.programs)
        cells = [Cell(self.adopt(value)) for value in saved.closure]
        defaults = tuple([self.adopt(value) for value in saved.defaults])
        return Function(self, saved.code, defaults, {}, cells)

    def adopt(self, value: Any) -> Any:
        """A value from outside: containers copied, so that saved code cannot change the original."""
        if type(value) in (list, tuple, set, frozenset):
            return type(value)([self.adopt(item) for item in value])
        if type(value) is dict:
            return {key: self.adopt(item) for key, item in value.items()}
        if isinstance(value, Array):
            return self.namespace.array(value)
        if isinstance(value, SavedFunction):
            return self.function(value, only_reading(value))
        return self._resolved(value) if isinstance(value, NamedFunction) else value

    def _resolved(self, named: NamedFunction) -> Any:
        try:
            return self.namespace.lookup(named.name)
        except KeyError:
            return named

    def run(self, program: Program, slots: list[Any], closure: Sequence[Cell]) -> Any:
        """The result of one call; that of a generator is an iterator over all it yields."""
        frame = Frame(program, slots, closure)
        self.depth += 1
        try:
            if self.depth > self.budget.limits.depth:
                raise refused(frame, Refusal(f"calls are nested deeper than {self.budget.limits.depth}"))
            self._loop(frame)
        finally:
            self.depth -= 1
        return frame.result if frame.yields is None else iter(frame.yields)

    def _loop(self, frame: Frame) -> None:
        operations = frame.program.operations
        following: int | None = 0
        while following is not None:
            frame.at = following
            operation = operations[frame.at]
            try:
                self.budget.spend()
                jump = HANDLERS[operation.name](self, frame, operation.arg)
            except (Impossible, BytecodeError):
                raise
            except SpecNeededError as error:
                error.add_note(str(refused(frame, error)))
                raise
            except Exception as error:
                raise refused(frame, error) from error
            following = frame.at + 1 if jump is None else jump
            if frame.result is not UNBOUND:
                following = None

    def call(self, function: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        """`function(*args, **kwargs)`, for what saved code can come to hold."""
        if isinstance(function, str | NamedFunction):
            function = self._named(function)
        if type(function) in PLAIN or isinstance(function, Marker | Cell):
            raise Refusal(f"{type(function).__name__} {function!r} is called like a function")
        self.budget.weigh(*args, *kwargs.values())
        return function(*args, **kwargs)

    def _named(self, function: str | NamedFunction) -> Any:
        """A function whose name alone was saved, in a closure."""
        name = function if isinstance(function, str) else function.name
        try:
            return self.namespace.lookup(name)
        except KeyError:
            raise missing_names([name], self.reading.code) from None

    def attribute(self, value: Any, name: str) -> Any:
        """`value.name`, from the table of plain values or as the namespace decides."""
        if type(name) is not str or (name.startswith("__") and name not in _READABLE_DUNDERS):
            raise Refusal(f"the attribute {name!r} is internal to Python")
        if isinstance(value, Function | Builtin | ErrorKind) and name == "__name__":
            return value.name
        if type(value) in PLAIN or isinstance(value, Function | Builtin | Marker | Cell):
            return find_method(self.budget, value, name)
        return self._from_outside(self.namespace.attribute(value, name))

    def global_value(self, name: str) -> Any:
        """A global variable, else a built-in."""
        found = self._lookup(name)
        if found is not UNBOUND:
            return found
        unknown = [wanted for wanted in self._global_names() if self._lookup(wanted) is UNBOUND]
        raise missing_names([name, *sorted(set(unknown) - {name})], self.reading.code)

    def _lookup(self, name: str) -> Any:
        if name in self.globals:
            return self.globals[name]
        try:
            self.globals[name] = self._from_outside(self.namespace.lookup(name))
            return self.globals[name]
        except KeyError:
            pass
        try:
            return self.builtin(name)
        except KeyError:
            return UNBOUND

    def _global_names(self) -> set[str]:
        programs = self.reading.programs.values()
        return {step.arg for program in programs for step in program.operations if step.name == "GLOBAL"}

    def builtin(self, name: str) -> Builtin | ErrorKind | bool | None:
        """The built-in `name`, the same object each time; raises KeyError for others."""
        if name not in self.builtins:
            self.builtins[name] = make_builtin(self, name)
        return self.builtins[name]

    def import_module(self, name: str) -> Any:
        """A module of the namespace."""
        try:
            return self.namespace.import_module(name)
        except KeyError:
            raise missing_names([name], self.reading.code) from None

    def _from_outside(self, value: Any) -> Any:
        return self.adopt(value) if type(value) in CONTAINERS else value


def only_reading(saved: SavedFunction) -> Reading:
    """The one way to read a function of a closure; refuses where there are several."""
    found = readings(saved.code, lines=not saved.damaged)
    if len(found) > 1:
        versions = " or ".join(reading.versions[0] for reading in found)
        raise BytecodeError(f"The function {saved.name!r} in a closure may be of Python {versions}.")
    return found[0]
