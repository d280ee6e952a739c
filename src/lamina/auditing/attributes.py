"""The names of attributes that any vocabulary gives a meaning to.

They are read from a file, because to collect them every vocabulary must be loaded, which takes longer than to
audit a hundred files. `make docs` writes the file anew.
"""

from __future__ import annotations

import functools
import os

_FILE = os.path.join(os.path.dirname(__file__), "attributes.txt")
_FRAMEWORKS = ("keras", "tensorflow", "numpy", "jax", "torch", "math")
_OF_SHAPES = "shape ndim ndims rank dims size dtype T mT real imag value as_list numel name num_elements"
_OF_VALUES = "items start stop step"
_OF_MODULES = "backend ops nn numpy functional"
# Of the names with an underscore these can be read, and tell nothing of Python's inner life.
READABLE = frozenset({"__name__", "__version__", "_keras_shape", "_keras_history", "_shape", "_keras_mask"})


@functools.cache
def attribute_names() -> frozenset[str]:
    """Attributes that tensors, shapes, plain values and the vocabularies' modules have."""
    with open(_FILE, encoding="utf-8") as file:
        return frozenset(file.read().split())


def collected() -> set[str]:
    """The same, from the vocabularies themselves.

    Example:
        >>> {"mean", "as_list", "format"} <= collected()
        True
    """
    from lamina.bytecode.methods import _METHODS
    from lamina.vocabulary import registry
    from lamina.vocabulary.dtypes import DTypeAttributes

    names = {
        *f"{_OF_SHAPES} {_OF_VALUES} {_OF_MODULES}".split(),
        *READABLE,
        *DTypeAttributes.saved_attributes,
    }
    names.update(*_METHODS.values())
    for framework in _FRAMEWORKS:
        for vocabulary in registry.vocabularies(framework):
            names.update(vocabulary.methods, vocabulary.links)
            for dotted in vocabulary.table:
                names.update(dotted.split("."))
    return names


def main() -> None:
    """Write the file."""
    lines = [f"{name}\n" for name in sorted(collected())]
    with open(_FILE, "w", encoding="utf-8") as file:
        file.writelines(lines)
