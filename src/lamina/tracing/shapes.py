"""Shapes as a captured function sees them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from lamina.errors import SpecNeededError
from lamina.expression.model import Ref
from lamina.vocabulary.tracer import DimTracer

if TYPE_CHECKING:
    from lamina.tracing.recorder import TraceRecorder


class KnownShape(tuple[Any, ...]):
    """A shape of known rank: ints, and dimension tracers or `None` for unknown sizes.

    Also answers the spellings of `tf.TensorShape` and `torch.Size`. `read` is told of each axis
    whose size the function takes out, so that only those become guards.
    """

    read: Callable[[int], None] | None = None

    @classmethod
    def reporting(cls, sizes: Iterable[Any], read: Callable[[int], None]) -> KnownShape:
        """A shape that tells `read` the axes that are looked at."""
        shape = cls(sizes)
        shape.read = read
        return shape

    def __getitem__(self, key: Any) -> Any:
        item = tuple.__getitem__(self, key)
        if self.read is not None:
            axes = range(len(self))[key]
            for axis in axes if isinstance(axes, range) else (axes,):
                self.read(axis)
        return KnownShape(item) if isinstance(key, slice) else item

    def __iter__(self) -> Iterator[Any]:
        return (self[axis] for axis in range(len(self)))

    def __eq__(self, other: object) -> bool:
        return tuple(self) == (tuple(other) if isinstance(other, (tuple, list)) else other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash(tuple(self))

    def as_list(self) -> list[int | None]:
        """Sizes with `None` for those that are not known."""
        return [dim.value if isinstance(dim, DimTracer) else dim for dim in self]

    @property
    def ndims(self) -> int:
        """Number of axes."""
        return len(self)

    rank = ndims

    @property
    def dims(self) -> list[Any]:
        """The sizes as a list."""
        return list(self)

    def numel(self) -> Any:
        """Product of the sizes."""
        total: Any = 1
        for dim in self:
            total = total * dim
        return total

    def __add__(self, other: Any) -> KnownShape:
        return KnownShape((*self, *other))

    def __radd__(self, other: Any) -> KnownShape:
        return KnownShape((*other, *self))


class LazyShape:
    """A shape of unknown rank: its items can be named, but not counted."""

    def __init__(self, recorder: TraceRecorder, ref: Ref) -> None:
        self._recorder = recorder
        self.ref = ref

    def __getitem__(self, key: Any) -> Any:
        if not isinstance(key, int):
            raise SpecNeededError(self._recorder.message("the rank of its input", "spec"))
        return DimTracer(self._recorder, Ref(self.ref.index, (key,)))

    def __iter__(self) -> Iterator[Any]:
        raise SpecNeededError(self._recorder.message("the rank of its input", "spec"))

    def __len__(self) -> int:
        raise SpecNeededError(self._recorder.message("the rank of its input", "spec"))

    def as_list(self) -> list[int | None]:
        """Always refused: the rank is not known yet."""
        raise SpecNeededError(self._recorder.message("the rank of its input", "spec"))
