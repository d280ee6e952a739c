"""What TensorFlow code does around its tensors: scopes, assertions, nests, variables, seeds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

from lamina._numpy import np
from lamina.expression.model import leaves, map_tree
from lamina.vocabulary import context
from lamina.vocabulary.tensorflow.arguments import (
    Function,
    constant_array,
    dtype_name,
    is_constant,
    spelled,
    static,
)


class TopK(NamedTuple):
    """What `tf.math.top_k` returns."""

    values: Any
    indices: Any


# What code read from a file may use of it.
TopK.saved_attributes = frozenset({"values", "indices"})  # type: ignore[attr-defined]


@contextmanager
def scope(*args: Any, **kwargs: Any) -> Iterator[Any]:
    """`tf.name_scope`, `tf.device`, `tf.control_dependencies` and the like: nothing to do here."""
    yield args[0] if args and isinstance(args[0], str) else ""


class Scope:
    """`tf.variable_scope`: the names of variables made inside begin with it."""

    saved_attributes = frozenset({"name", "reuse_variables"})

    def __init__(
        self, name_or_scope: Any = None, default_name: Any = None, *args: Any, **kwargs: Any
    ) -> None:
        self.name = str(getattr(name_or_scope, "name", name_or_scope or default_name or ""))

    def __enter__(self) -> Scope:
        _SCOPES.append(self.name)
        return self

    def __exit__(self, *error: object) -> None:
        _SCOPES.pop()

    def reuse_variables(self) -> None:
        """Nothing: a variable of one name is made once."""


_SCOPES: list[str] = []


def nothing(*args: Any, **kwargs: Any) -> None:
    """`tf.debugging.assert_*`, `tf.print`, `tf.group`: no part of what is computed."""


def passthrough(input_: Any, *args: Any, **kwargs: Any) -> Any:
    """`tf.Print`, `tf.debugging.check_numerics`: the tensor itself."""
    return input_


def check_message_first(t: Any = None, msg: Any = None, x: Any = None, message: Any = None) -> Any:
    """`tf.verify_tensor_all_finite`: the tensor itself."""
    return t if x is None else x


def tuple_(tensors: Any, *args: Any, **kwargs: Any) -> Any:
    """`tf.tuple`: the tensors themselves."""
    return list(tensors)


def function(func: Any = None, *args: Any, **kwargs: Any) -> Any:
    """`tf.function` and other decorators that do not change what is computed."""
    return func if func is not None else lambda f: f


def executing_eagerly() -> bool:
    """`tf.executing_eagerly`: a captured function runs in graphs too."""
    return False


# `tf.nest`


def flatten(structure: Any, expand_composites: bool = False) -> list[Any]:
    """`tf.nest.flatten`: the leaves, dict items in the order of their keys."""
    return list(leaves(structure))


def is_nested(seq: Any) -> bool:
    """`tf.nest.is_nested`."""
    return isinstance(seq, (list, tuple, Mapping))


def pack_sequence_as(structure: Any, flat_sequence: Any, expand_composites: bool = False) -> Any:
    """`tf.nest.pack_sequence_as`: a structure with other leaves."""
    if isinstance(structure, Mapping):
        ordered = {key: structure[key] for key in sorted(structure)}
        packed = _packed(tuple(ordered.values()), flat_sequence)
        by_key = dict(zip(ordered, packed, strict=True))
        return {key: by_key[key] for key in structure}
    return _packed(structure, flat_sequence)


def _packed(structure: Any, flat_sequence: Any) -> Any:
    rest = iter(list(flat_sequence))
    return map_tree(lambda leaf: next(rest), structure)


def map_structure(func: Callable[..., Any], *structure: Any, **kwargs: Any) -> Any:
    """`tf.nest.map_structure`: a function of leaves, over structures of the same form."""
    rows = zip(*map(flatten, structure), strict=True)
    return pack_sequence_as(structure[0], [func(*row) for row in rows])


# Variables


def _qualified(name: Any) -> str | None:
    return None if name is None else "_".join([*filter(None, _SCOPES), str(name)])


def Variable(
    initial_value: Any = None,
    trainable: Any = None,
    validate_shape: bool = True,
    caching_device: Any = None,
    name: str | None = None,
    variable_def: Any = None,
    dtype: Any = None,
    **kwargs: Any,
) -> Any:
    """`tf.Variable`: made once, trained and saved with the layer."""
    if dtype is None and is_constant(initial_value):
        dtype = constant_array(initial_value).dtype
    return context.create_variable(initial_value, dtype_name(dtype), _qualified(name), trainable)


def get_variable(
    name: str,
    shape: Any = None,
    dtype: Any = "float32",
    initializer: Any = None,
    regularizer: Any = None,
    trainable: Any = None,
    *args: Any,
    **kwargs: Any,
) -> Any:
    """`tf.get_variable`: one variable per name."""
    name_ = dtype_name(dtype or "float32")
    if initializer is None:
        initializer = glorot_uniform_initializer()
    value = initializer(tuple(static(shape)), name_) if callable(initializer) else np.asarray(initializer)
    return context.create_variable(value, name_, _qualified(name), trainable)


Initializer = Callable[..., Any]


def _constant(value: Any = 0, dtype: Any = None, **kwargs: Any) -> Initializer:
    return lambda shape, dtype="float32": np.broadcast_to(np.asarray(value, dtype), shape).copy()


def zeros_initializer(*args: Any, **kwargs: Any) -> Initializer:
    """`tf.zeros_initializer`."""
    return _constant(0)


def ones_initializer(*args: Any, **kwargs: Any) -> Initializer:
    """`tf.ones_initializer`."""
    return _constant(1)


def constant_initializer(value: Any = 0, *args: Any, **kwargs: Any) -> Initializer:
    """`tf.constant_initializer`."""
    return lambda shape, dtype="float32": np.reshape(
        np.broadcast_to(np.asarray(value, dtype), shape if np.ndim(value) == 0 else np.shape(value)), shape
    ).copy()


def _draws(draw: Callable[[Any, Any], Any]) -> Callable[[Any], Initializer]:
    def made(seed: Any) -> Initializer:
        return lambda shape, dtype="float32": draw(np.random.default_rng(seed), shape).astype(dtype)

    return made


def random_normal_initializer(
    mean: float = 0.0, stddev: float = 0.05, seed: Any = None, dtype: Any = None
) -> Initializer:
    """`tf.random_normal_initializer`."""
    return _draws(lambda generator, shape: generator.normal(mean, stddev, shape))(seed)


def random_uniform_initializer(
    minval: float = -0.05, maxval: float = 0.05, seed: Any = None, dtype: Any = None
) -> Initializer:
    """`tf.random_uniform_initializer`."""
    return _draws(lambda generator, shape: generator.uniform(minval, maxval, shape))(seed)


def truncated_normal_initializer(
    mean: float = 0.0, stddev: float = 1.0, seed: Any = None, dtype: Any = None
) -> Initializer:
    """`tf.truncated_normal_initializer`: normal numbers, redrawn beyond two standard deviations."""

    def draw(generator: np.random.Generator, shape: Any) -> Any:
        values = generator.normal(size=shape)
        while (beyond := np.abs(values) > 2).any():
            values = np.where(beyond, generator.normal(size=shape), values)
        return mean + stddev * values

    return _draws(draw)(seed)


def _fans(shape: Any) -> tuple[int, int]:
    if len(shape) < 2:
        return (shape[0] if shape else 1,) * 2
    field = int(np.prod(shape[:-2]))
    return shape[-2] * field, shape[-1] * field


def glorot_uniform_initializer(seed: Any = None, dtype: Any = None) -> Initializer:
    """`tf.glorot_uniform_initializer`."""

    def draw(generator: np.random.Generator, shape: Any) -> Any:
        limit = np.sqrt(6.0 / sum(_fans(shape)))
        return generator.uniform(-limit, limit, shape)

    return _draws(draw)(seed)


def glorot_normal_initializer(seed: Any = None, dtype: Any = None) -> Initializer:
    """`tf.glorot_normal_initializer`."""
    return lambda shape, dtype="float32": truncated_normal_initializer(
        0.0, float(np.sqrt(2.0 / sum(_fans(shape)))) / 0.87962566103423978, seed
    )(shape, dtype)


_NOTHING = """Assert group no_op print assert_equal assert_greater assert_greater_equal assert_integer
    assert_less assert_less_equal assert_near assert_negative assert_non_negative assert_non_positive
    assert_none_equal assert_positive assert_proper_iterable assert_rank assert_rank_at_least
    assert_rank_in assert_same_float_dtype assert_scalar assert_shapes assert_type assert_same_structure
    set_random_seed add_to_collection summary_scalar summary_histogram summary_image
    disable_check_numerics enable_check_numerics"""
_SCOPE = """name_scope device control_dependencies init_scope colocate_with op_scope container"""
FUNCTIONS: Mapping[str, Function] = {
    **dict.fromkeys(_NOTHING.split(), nothing),
    **dict.fromkeys(_SCOPE.split(), scope),
    **dict.fromkeys(["Print", "check_numerics", "assert_all_finite", "print_v1"], passthrough),
    **dict.fromkeys(["recompute_grad", "do_not_convert"], function),
    "executing_eagerly": executing_eagerly,
    "flatten": spelled(flatten),
    "function": function,
    "get_variable": get_variable,
    "glorot_normal_initializer": glorot_normal_initializer,
    "glorot_uniform_initializer": glorot_uniform_initializer,
    "constant_initializer": constant_initializer,
    "is_nested": is_nested,
    "map_structure": map_structure,
    "ones_initializer": ones_initializer,
    "pack_sequence_as": pack_sequence_as,
    "random_normal_initializer": random_normal_initializer,
    "random_uniform_initializer": random_uniform_initializer,
    "truncated_normal_initializer": truncated_normal_initializer,
    "tuple": tuple_,
    "Variable": Variable,
    "variable_scope": Scope,
    "verify_tensor_all_finite": check_message_first,
    "zeros_initializer": zeros_initializer,
}
