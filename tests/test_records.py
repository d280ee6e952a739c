"""Dataclasses of lamina behave as those of the standard library."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from collections.abc import Callable
from dataclasses import field
from typing import Any

import pytest

from lamina import _records

pytestmark = pytest.mark.backend_free

_OPTIONS: dict[str, dict[str, bool]] = {
    "plain": {},
    "frozen": {"frozen": True},
    "slots": {"slots": True},
    "frozen_slots": {"frozen": True, "slots": True},
    "by_identity": {"frozen": True, "eq": False},
}


def _define(decorator: Callable[..., Any], name: str) -> type:
    class Point:
        x: int
        y: float = 2.0
        items: list[int] = field(default_factory=list)
        note: str = field(default="", compare=False)
        secret: Any = field(default=None, repr=False)
        cache: dict[str, int] = field(default_factory=dict, init=False, repr=False, compare=False)

        def total(self) -> float:
            return self.x + self.y

    Point.__qualname__ = Point.__name__ = name
    return decorator(**_OPTIONS[name.removeprefix("own_")])(Point)


OWN = {name: _define(_records.dataclass, f"own_{name}") for name in _OPTIONS}
STANDARD = {name: _define(dataclasses.dataclass, name) for name in _OPTIONS}
globals().update({f"own_{name}": cls for name, cls in OWN.items()})  # where pickle looks for them


def _outcome(action: Callable[[], Any]) -> Any:
    try:
        return action()
    except Exception as error:
        return type(error)


_ACTIONS: dict[str, Callable[[type], Any]] = {
    "missing": lambda cls: cls(),
    "too many": lambda cls: cls(1, 2, [], "", None, {}),
    "unknown": lambda cls: cls(1, z=3),
    "values": lambda cls: dataclasses.astuple(cls(1, note="n")),
    "keywords": lambda cls: dataclasses.asdict(cls(x=1, y=3, items=[4])),
    "fresh": lambda cls: cls(1).items is cls(1).items,
    "repr": lambda cls: repr(cls(1, secret=5)).removeprefix("own_"),
    "equal": lambda cls: (
        cls(1) == cls(1, note="other"),
        cls(1) == cls(2),
        cls(1) == (1, 2.0),
        cls(1) != cls(1),
    ),
    "hash": lambda cls: hash(cls(1, 2.0, (3,))) == hash(cls(1, 2.0, (3,), "other")),
    "assign": lambda cls: setattr(cls(1), "x", 2),
    "delete": lambda cls: delattr(cls(1), "x"),
    "replace": lambda cls: dataclasses.astuple(dataclasses.replace(cls(1, note="n"), y=5.0)),
    "copy": lambda cls: dataclasses.astuple(copy.deepcopy(cls(1, items=[2]))),
    "method": lambda cls: cls(1).total(),
    "match": lambda cls: cls.__match_args__,
    "dict": lambda cls: hasattr(cls(1), "__dict__"),
    "doc": lambda cls: bool(cls.__doc__),
}


@pytest.mark.parametrize("options", _OPTIONS)
@pytest.mark.parametrize("action", _ACTIONS)
def test_as_the_standard_library(options: str, action: str) -> None:
    own, standard = OWN[options], STANDARD[options]
    assert _outcome(lambda: _ACTIONS[action](own)) == _outcome(lambda: _ACTIONS[action](standard))


@pytest.mark.parametrize("options", ["frozen", "frozen_slots"])
def test_no_other_attributes_of_frozen_ones(options: str) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError, match="'w'"):
        OWN[options](1).w = 2


@pytest.mark.parametrize("options", ["plain", "frozen", "slots", "frozen_slots"])
def test_an_unpickled_value_is_equal(options: str) -> None:
    cls = OWN[options]
    value = cls(1, items=[2])
    assert pickle.loads(pickle.dumps(value)) == value


def test_what_the_class_defines_stays() -> None:
    @_records.dataclass(frozen=True)
    class Named:
        name: str

        def __repr__(self) -> str:
            return f"<{self.name}>"

        def __eq__(self, other: object) -> bool:
            return isinstance(other, Named)

        def __hash__(self) -> int:
            return 3

    assert (repr(Named("a")), Named("a") == Named("b"), hash(Named("a"))) == ("<a>", True, 3)


def test_methods_are_compiled_once_and_for_subclasses() -> None:
    @_records.dataclass(frozen=True)
    class Base:
        """A base."""

        x: int

    class Derived(Base):
        """A plain class on it."""

    assert Derived(1) == Derived(1) != Base(1)
    assert Base.__init__ is Derived.__init__
    assert Base.__init__.__code__.co_filename == "<string>"
    assert Base(x=2).x == 2
