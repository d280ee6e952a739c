"""The closed table of operations that an expression may call, by public Keras name.

A name is looked up in `TABLE` and nowhere else, so a file can only name what stands there. The
table has one line per operation, in a notation close to a Python signature:

    name(operand, *variadic, !static=default, &function, **keywords) @first Keras version

An operand may hold references to tensors and dimensions, in nested structures too; a static
argument (`!`) holds literals only; a function argument (`&`) holds a nested expression, or a
sequence of them. `name=default@3.14` is a parameter that is younger than its operation. Without
a version, the operation is in every Keras that lamina supports. A heading, `[nn]`, names the
namespace under which Keras has the operation a second time (`keras.ops.nn.relu`).
"""

from __future__ import annotations

import ast
import functools
import operator
import re
from collections.abc import Callable, Mapping
from functools import cached_property
from types import MappingProxyType
from typing import Any, NoReturn

from lamina._records import dataclass
from lamina.errors import ExpressionError
from lamina.expression.corrections import corrected
from lamina.expression.model import Call, Location, Ref, structure_key
from lamina.expression.opset_table import TABLE

# What `keras.ops` and `keras.random` export besides, and why no expression may call it.
LEFT_OUT = MappingProxyType(
    {
        "convert_to_numpy": "it leaves the graph",
        "custom_gradient": "it wraps Python code that computes a gradient",
        "dtype": "its result is a string, known when a function is captured",
        "empty": "its values are whatever was in memory",
        "empty_like": "its values are whatever was in memory",
        "is_tensor": "its result is a bool, known when a function is captured",
        "jvp": "it differentiates a Python function",
        "random.SeedGenerator": "it is state",
        "vectorize": "it wraps a Python function",
    }
)

_LINE = re.compile(r"(?P<name>[\w.]+)\((?P<parameters>.*)\)(?: @(?P<since>[\d.]+))?$")
_PARAMETER = re.compile(r"(?P<mark>\*\*|[!&*]?)(?P<name>\w+)(?:=(?P<default>.+?))?(?:@(?P<since>[\d.]+))?$")
_KINDS = {"": "operand", "!": "static", "&": "function", "*": "variadic", "**": "keywords"}
_COLLECTING = ("variadic", "keywords")
_REQUIRED = object()


@dataclass(frozen=True)
class Parameter:
    """One parameter of an operation.

    Args:
        name: Its name.
        kind: `operand`, `static`, `function`, `variadic` or `keywords`.
        default: Its default, where it has one.
        since: The first Keras version that has it, where it is younger than the operation.
    """

    name: str
    kind: str
    default: Any = _REQUIRED
    since: str | None = None

    @property
    def required(self) -> bool:
        """Whether a call must give it."""
        return self.default is _REQUIRED

    @cached_property
    def _default_key(self) -> tuple[Any, ...]:
        return structure_key(self.default)

    def is_default(self, value: Any) -> bool:
        """Whether leaving the argument out means the same as giving `value`."""
        if value is self.default:
            return True
        if value is None or self.default is None or type(value) is Ref:
            return False
        return structure_key(value) == self._default_key

    def __str__(self) -> str:
        star = {"variadic": "*", "keywords": "**"}.get(self.kind, "")
        return star + self.name + ("" if star or self.required else f"={self.default!r}")


@dataclass(frozen=True)
class Op:
    """One operation of the table.

    Args:
        name: Its name in expressions, such as `mean` or `random.normal`.
        parameters: Its parameters, in order.
        since: The first Keras version that has it, or `None` for every supported one.
        namespace: The namespace of Keras in which it stands, such as `nn`.

    Example:
        >>> from lamina.expression import opset
        >>> op = opset.lookup("softmax")
        >>> op.call(op.bind(("x", 1), {})) == op.call(op.bind((), {"axis": 1, "x": "x"}))
        True
    """

    name: str
    parameters: tuple[Parameter, ...]
    since: str | None = None
    namespace: str = ""

    @cached_property
    def public_name(self) -> str:
        """The public name that a reader knows, such as `keras.ops.mean`."""
        if self.namespace == "operator":
            return self.name
        return f"keras.{self.name}" if self.namespace == "random" else f"keras.ops.{self.name}"

    @cached_property
    def _named(self) -> Mapping[str, Parameter]:
        return {p.name: p for p in self.parameters if p.kind not in _COLLECTING}

    @cached_property
    def _collecting(self) -> Mapping[str, str]:
        return {p.kind: p.name for p in self.parameters if p.kind in _COLLECTING}

    @cached_property
    def _positional(self) -> tuple[str, ...]:
        kinds = [p.kind for p in self.parameters]
        end = kinds.index("variadic") if "variadic" in kinds else len(kinds)
        return tuple(p.name for p in self.parameters[:end] if p.kind != "keywords")

    @cached_property
    def _required(self) -> frozenset[str]:
        return frozenset(name for name, p in self._named.items() if p.required)

    @cached_property
    def _leading(self) -> tuple[str, ...]:
        return self._positional[: self.operands]

    @cached_property
    def _trailing(self) -> tuple[tuple[str, Parameter], ...]:
        return tuple((n, p) for n, p in self._named.items() if n not in self._leading)

    @cached_property
    def operands(self) -> int:
        """How many leading parameters a canonical call gives by position.

        These are the required ones up to the first static one, and whatever stands before a
        variadic parameter.
        """
        if "variadic" in self._collecting:
            return len(self._positional)
        count = 0
        for name in self._positional:
            if not self._named[name].required or self._named[name].kind == "static":
                break
            count += 1
        return count

    @cached_property
    def takes_seed(self) -> bool:
        """Whether it is a random operation."""
        return "seed" in self._named

    @cached_property
    def function(self) -> Callable[..., Any]:
        """The public function itself; imports Keras."""
        return _function(self)

    def parameter(self, key: int | str) -> Parameter:
        """The parameter that takes an argument, given by position or by name.

        Raises:
            ExpressionError: The operation takes no such argument.
        """
        if isinstance(key, int):
            name = self._positional[key] if key < len(self._positional) else self._collecting.get("variadic")
        else:
            name = key if key in self._named else self._collecting.get("keywords")
        if name is None:
            self._refuse(f"argument {key!r} is not one of its parameters")
        return next(p for p in self.parameters if p.name == name)

    def bind(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, Any]:
        """Arguments by parameter name, as Python would bind them.

        A variadic parameter is bound to a tuple, and a keyword-variadic one to a dict.

        Raises:
            ExpressionError: The operation has no such parameter, or one is missing or given twice.
        """
        bound = dict(zip(self._positional, args))  # noqa: B905  (a rest is collected or refused)
        keywords: dict[str, Any] = {}
        for name, value in kwargs.items():
            if name in bound:
                self._refuse(f"{name!r} is given twice")
            (bound if name in self._named else keywords)[name] = value
        if keywords or self._collecting or len(args) > len(self._positional):
            self._collect(bound, args[len(self._positional) :], keywords)
        if not self._required <= bound.keys():
            missing = [name for name in self._named if name in self._required and name not in bound]
            self._refuse(f"{', '.join(missing)} missing")
        return bound

    def _collect(self, bound: dict[str, Any], rest: tuple[Any, ...], keywords: dict[str, Any]) -> None:
        if rest and "variadic" not in self._collecting:
            count = len(self._positional)
            self._refuse(f"at most {count} arguments go by position, received {count + len(rest)}")
        if keywords and "keywords" not in self._collecting:
            self._refuse(f"{next(iter(keywords))!r} is not one of its parameters")
        for kind, name in self._collecting.items():
            bound[name] = rest if kind == "variadic" else keywords

    def call(self, bound: Mapping[str, Any], where: Location | None = None) -> Call:
        """The canonical `Call` for bound arguments: the same call is always written the same way.

        Operands go by position, the rest by name in the order of the signature, defaults are left
        out, and the keywords of a keyword-variadic parameter come last, sorted.
        """
        args = [bound[name] for name in self._leading]
        kwargs = []
        for name, parameter in self._trailing:
            if name in bound and not parameter.is_default(bound[name]):
                kwargs.append((name, bound[name]))
        if self._collecting:
            args.extend(bound.get(self._collecting.get("variadic", ""), ()))
            kwargs.extend(sorted(bound.get(self._collecting.get("keywords", ""), {}).items(), key=_by_name))
        return Call(self.name, tuple(args), tuple(kwargs), where)

    def required_keras(self, call: Call) -> str | None:
        """The first Keras version that can run `call`, or `None` where every supported one can."""
        younger = [p.since for name, _ in call.kwargs if (p := self.parameter(name)).since]
        return max(filter(None, (self.since, *younger)), key=_version, default=None)

    def _refuse(self, problem: str) -> NoReturn:
        raise ExpressionError(f"{self.public_name}: {problem}; it is called as {self}")

    def __str__(self) -> str:
        return f"{self.public_name}({', '.join(map(str, self.parameters))})"


def _by_name(item: tuple[str, Any]) -> str:
    return item[0]


def _version(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split(".")))


def _parse_parameter(text: str) -> Parameter:
    match = _PARAMETER.match(text)
    assert match, text
    default = _REQUIRED if match["default"] is None else ast.literal_eval(match["default"])
    return Parameter(match["name"], _KINDS[match["mark"]], default, match["since"])


def _split_parameters(text: str) -> list[str]:
    return [part.strip() for part in re.split(r",\s*(?![^(\[]*[)\]])", text) if part.strip()]


@functools.cache
def _lines() -> Mapping[str, tuple[str, str]]:
    found: dict[str, tuple[str, str]] = {}
    namespace = ""
    for line in re.sub(r"\n +", " ", TABLE).splitlines():
        if line.startswith("["):
            namespace = line.strip("[]")
        elif line and not line.startswith("#"):
            found[line.partition("(")[0]] = namespace, line
    return found


@functools.cache
def lookup(name: str) -> Op:
    """The operation of this name.

    Raises:
        ExpressionError: The table has no such name; the message names the nearest ones.
    """
    if name not in _lines():
        name = name[:80]
        raise ExpressionError(f"{name!r} is not an operation that an expression may call{_hint(name)}")
    namespace, line = _lines()[name]
    match = _LINE.match(line)
    assert match, line
    parameters = tuple(map(_parse_parameter, _split_parameters(match["parameters"])))
    return Op(name, parameters, match["since"], namespace)


def _hint(name: str) -> str:
    if name in LEFT_OUT:
        return f": {LEFT_OUT[name]}"
    import difflib  # only a message needs it

    near = [resolve(name)] if has(resolve(name)) else difflib.get_close_matches(name, _lines(), n=3)
    return f"; the nearest names are {', '.join(near)}" if near else ""


def resolve(name: str) -> str:
    """The name in the table of an operation that Keras also has under `name`.

    Keras has most operations twice, as `keras.ops.relu` and `keras.ops.nn.relu`; the table has the
    first. Any other name comes back as it is.

    Example:
        >>> from lamina.expression import opset
        >>> opset.resolve("nn.relu"), opset.resolve("relu"), opset.resolve("image.resize")
        ('relu', 'relu', 'image.resize')
    """
    namespace, _, last = name.partition(".")
    return last if _lines().get(last, ("",))[0] == namespace != "" else name


def names() -> tuple[str, ...]:
    """The names of all operations, in the order of the table."""
    return tuple(_lines())


def has(name: str) -> bool:
    """Whether an expression may call an operation of this name."""
    return name in _lines()


def _unchanged(a: Any) -> Any:
    return a


# Dimensions are Python ints where the backend has static shapes and scalar tensors where it has
# not; Python's own operators serve both, but for the unary plus that TensorFlow does not have.
_OPERATORS: Mapping[str, Callable[..., Any]] = MappingProxyType(
    {
        "operator.abs": operator.abs,
        "operator.add": operator.add,
        "operator.call": operator.call,
        "operator.floordiv": operator.floordiv,
        "operator.getitem": operator.getitem,
        "operator.mod": operator.mod,
        "operator.mul": operator.mul,
        "operator.neg": operator.neg,
        "operator.pos": _unchanged,
        "operator.pow": operator.pow,
        "operator.sub": operator.sub,
        "operator.truediv": operator.truediv,
    }
)


def _function(op: Op) -> Callable[..., Any]:
    if op.name in _OPERATORS:
        return _OPERATORS[op.name]
    import keras

    owner: Any = keras if op.namespace == "random" else keras.ops
    try:
        return corrected(op.name, functools.reduce(getattr, op.name.split("."), owner))
    except AttributeError:
        raise ExpressionError(
            f"{op.public_name} needs Keras {op.since or '3.12'} or newer; this is {keras.__version__}; "
            "upgrade Keras to run this expression"
        ) from None
