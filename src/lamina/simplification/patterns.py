"""A small language for rewrite rules: calls as they are written, with names for what may be anything.

    ("transpose(transpose(x, axes=p), axes=q)", composed)

A name binds an argument; where it stands twice, the two must be the same. An argument that a call
leaves out binds its default. A number stands for itself: `1` is not `1.0`, `0.0` not `-0.0`.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

from lamina._records import dataclass
from lamina.expression import opset
from lamina.expression.model import Call, Ref, structure_key


class Values(Protocol):
    """What is known of the values of an expression."""

    def producer(self, ref: Any) -> Call | None:
        """The call whose result a reference is."""

    def dtype(self, value: Any) -> str | None:
        """The dtype of a value, where it is certain."""

    def shape(self, value: Any) -> tuple[int, ...] | None:
        """The shape of a value, where all of it is certain."""

    def is_tensor(self, value: Any) -> bool:
        """Whether a value is certainly the tensor that an operation returned."""

    def is_size(self, value: Any) -> bool:
        """Whether a value is certainly the size of an axis, or computed from sizes."""


@dataclass(frozen=True)
class Match:
    """What the names of a pattern stand for.

    Args:
        bound: The arguments by name.
        values: What is known of them.
    """

    bound: dict[str, Any]
    values: Values

    def __getitem__(self, name: str) -> Any:
        return self.bound[name]

    def dtype(self, name: str) -> str | None:
        """The dtype of what a name stands for."""
        return self.values.dtype(self.bound[name])

    def shape(self, name: str) -> tuple[int, ...] | None:
        """The shape of what a name stands for."""
        return self.values.shape(self.bound[name])

    def producer(self, name: str) -> Call | None:
        """The call whose result a name stands for."""
        return self.values.producer(self.bound[name])


@dataclass(frozen=True)
class _Name:
    text: str


@dataclass(frozen=True)
class _Pattern:
    op: str
    args: tuple[Any, ...]
    kwargs: Mapping[str, str]
    defaults: Mapping[str, Any]

    def matches(self, call: Call, found: Match) -> bool:
        """Whether a call is of this form; its arguments are bound on the way."""
        if call.op != self.op or len(call.args) != len(self.args):
            return False
        bound = found.bound
        given = dict(call.kwargs) if call.kwargs else {}
        if not given.keys() <= self.kwargs.keys():
            return False
        for parameter, name in self.kwargs.items():
            if not _bind(bound, name, given.get(parameter, self.defaults[parameter])):
                return False
        return all(_fits(want, have, found) for want, have in zip(self.args, call.args, strict=True))


def _fits(want: Any, have: Any, found: Match) -> bool:
    if type(want) is _Name:
        return _bind(found.bound, want.text, have)
    if type(want) is _Pattern:
        call = found.values.producer(have)
        return call is not None and want.matches(call, found)
    return type(want) is type(have) and structure_key(want) == structure_key(have)


def _bind(bound: dict[str, Any], name: str, value: Any) -> bool:
    if name not in bound:
        bound[name] = value
        return True
    return bound[name] is value or structure_key(bound[name]) == structure_key(value)


def _parsed(text: str) -> Any:
    return _tree(ast.parse(text, mode="eval").body)


def _tree(node: ast.expr) -> Any:
    if isinstance(node, ast.Name):
        return _Name(node.id)
    if not isinstance(node, ast.Call):
        return ast.literal_eval(node)
    op = opset.lookup(ast.unparse(node.func))
    kwargs = {str(each.arg): ast.unparse(each.value) for each in node.keywords}
    defaults = {name: op.parameter(name).default for name in kwargs}
    return _Pattern(op.name, tuple(map(_tree, node.args)), kwargs, defaults)


Answer = Call | Ref | None
Replacement = Callable[[Match], Answer]
Condition = Callable[[Match], bool]


@dataclass(frozen=True)
class Rule:
    """What one form of call is replaced by.

    Args:
        text: The form as it was written.
        op: The operation that it begins with.
        apply: What makes the new call, or the value that it is; `None` where there is none.
    """

    text: str
    op: str
    apply: Callable[[Call, Values], Answer]


def rule(pattern: str, replacement: str | Replacement, when: Condition | None = None) -> Rule:
    """A rule from its text.

    Args:
        pattern: A call.
        replacement: A name of the pattern, a call with names of it, or a function of the match.
        when: What must hold besides.
    """
    make = _template(_parsed(replacement)) if isinstance(replacement, str) else replacement
    form = _parsed(pattern)
    answer = make if when is None else _guarded(make, when)

    def apply(call: Call, values: Values) -> Answer:
        found = Match({}, values)
        return answer(found) if form.matches(call, found) else None

    return Rule(pattern, form.op, apply)


def _guarded(make: Replacement, when: Condition) -> Replacement:
    return lambda found: make(found) if when(found) else None


def _template(tree: Any) -> Replacement:
    if type(tree) is _Name:
        return lambda found: found[tree.text] if type(found[tree.text]) is Ref else None
    return lambda found: _filled(tree, found)


def _filled(tree: _Pattern, found: Match) -> Call:
    args = tuple(found[arg.text] if type(arg) is _Name else arg for arg in tree.args)
    given = {parameter: found[name] for parameter, name in tree.kwargs.items()}
    op = opset.lookup(tree.op)
    return Call(op.name, args, tuple((n, v) for n, v in given.items() if not op.parameter(n).is_default(v)))


def table(rules: Iterable[Rule]) -> Mapping[str, tuple[Rule, ...]]:
    """The rules by the operation they begin with, in their order."""
    found: dict[str, tuple[Rule, ...]] = {}
    for each in rules:
        found[each.op] = (*found.get(each.op, ()), each)
    return found
