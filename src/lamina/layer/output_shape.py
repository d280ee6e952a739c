"""The `output_shape` argument: what it says, checked against what the function computes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from lamina.errors import OutputShapeError
from lamina.expression.model import Shape, Spec, leaves, map_tree


class OutputShape:
    """A declared output shape.

    Args:
        given: A tuple without the batch axis, several of these, a function of the full input
            shape, or `None`.
    """

    def __init__(self, given: Any) -> None:
        if not (given is None or callable(given) or _is_shape_like(given)):
            raise OutputShapeError(
                f"output_shape is a tuple of sizes without the batch axis, a function of the input "
                f"shape, or None; "
                f"received {given!r}"
            )
        self.given = given

    def full(self, inputs: Any) -> Any:
        """The declared shape with the batch axis, for input specs; a structure for several outputs."""
        shapes = map_tree(lambda spec: spec.shape, inputs)
        if callable(self.given):
            return _as_shapes(self.given(_plain(inputs, shapes)))
        batch = _batch(inputs)
        if _is_shape(self.given):
            return (batch, *self.given)
        return [(batch, *shape) for shape in self.given]

    def specs(self, inputs: Any, dtype: str) -> Any:
        """Output specs from the declaration alone, where the function cannot be looked into."""
        declared = self.full(inputs)
        return Spec(declared, dtype) if _is_shape(declared) else [Spec(shape, dtype) for shape in declared]

    def apply(self, outputs: Any, inputs: Any, layer: str) -> Any:
        """The inferred output specs, completed by what was declared.

        Raises:
            OutputShapeError: The two contradict each other; the message shows both.
        """
        if self.given is None:
            return outputs
        declared = self.full(inputs)
        shapes = [declared] if _is_shape(declared) else list(declared)
        found = [leaf for leaf in leaves(outputs) if isinstance(leaf, Spec)]
        if len(shapes) != len(found) or not all(map(_agree, shapes, found)):
            raise OutputShapeError(
                f"layer {layer!r} declares output_shape={_declared(self.given, declared)}, "
                f"but its function computes {_written(found)}; correct output_shape, or leave it out"
            )
        completed = iter(map(_complete, shapes, found))
        return map_tree(lambda leaf: next(completed) if isinstance(leaf, Spec) else leaf, outputs)

    def saved(self) -> Any:
        """The declared shape as plain data; `None` for a function, which the expression implies."""
        if self.given is None or callable(self.given):
            return None
        return [list(s) for s in self.given] if not _is_shape(self.given) else list(self.given)

    @classmethod
    def loaded(cls, data: Any) -> Any:
        """The argument that `saved` came from."""
        if data is None:
            return None
        return tuple(data) if _is_shape(tuple(data)) else [tuple(shape) for shape in data]


def _is_shape(value: Any) -> bool:
    return isinstance(value, (tuple, list)) and all(n is None or isinstance(n, int) for n in value)


def _is_shape_like(value: Any) -> bool:
    return _is_shape(value) or (isinstance(value, (tuple, list)) and all(map(_is_shape, value)))


def _as_shapes(value: Any) -> Any:
    if _is_shape(value):
        return tuple(value)
    if isinstance(value, Mapping):
        return [tuple(value[key]) for key in sorted(value)]
    return [tuple(shape) for shape in value]


def _plain(inputs: Any, shapes: Any) -> Any:
    """Shapes as a function of the documents expects them: a tuple, or a list or dict of tuples."""
    if isinstance(inputs, Spec):
        return shapes
    if isinstance(inputs, Mapping):
        return {key: _plain(inputs[key], shapes[key]) for key in inputs}
    return [_plain(i, s) for i, s in zip(inputs, shapes, strict=True)]


def _batch(inputs: Any) -> int | None:
    first: Spec = next(leaves(inputs))
    return first.shape[0] if first.shape else None


def _agree(declared: Shape, found: Spec) -> bool:
    if found.shape is None:
        return True
    return len(declared) == len(found.shape) and all(
        a is None or b is None or a == b for a, b in zip(declared, found.shape, strict=True)
    )


def _complete(declared: Shape, found: Spec) -> Spec:
    if found.shape is None:
        return Spec(declared, found.dtype)
    return Spec(tuple(a if b is None else b for a, b in zip(declared, found.shape, strict=True)), found.dtype)


def _declared(given: Any, full: Any) -> str:
    return f"{given!r} (with the batch axis {full!r})" if not isinstance(given, Callable) else repr(full)  # type: ignore[arg-type]


def _written(found: list[Spec]) -> str:
    shapes = [spec.shape for spec in found]
    return repr(shapes[0]) if len(shapes) == 1 else repr(shapes)
