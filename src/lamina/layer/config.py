"""The configuration of a Lambda layer, written and read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from lamina.errors import ExpressionError
from lamina.execution import Jit, switch
from lamina.expression.codec import decode, encode
from lamina.expression.model import Expression, FrozenDict, FrozenList, Spec, freeze_tree, leaves, thaw
from lamina.layer.masks import Mask
from lamina.layer.output_shape import OutputShape
from lamina.layer.programs import Program, Situation, presence
from lamina.layer.saved_programs import decode_program, encode_program

if TYPE_CHECKING:
    from lamina.layer.layer import Lambda

_OWN = ("expressions", "output_shape", "mask", "arguments", "layers", "ties", "seeds", "jit")


def encode_layer(
    name: str,
    programs: Sequence[Program],
    shape: OutputShape,
    mask: Mask,
    arguments: Mapping[str, Any],
    jit: Jit,
) -> dict[str, Any]:
    """The part of a layer's configuration that is lamina's."""
    fields = {
        "expressions": [encode_program(program) for program in programs],
        "output_shape": shape.saved(),
        "mask": mask.saved(name),
        "arguments": _encode_arguments(arguments),
        "jit": None if jit == "auto" else jit,
    }
    return {key: value for key, value in fields.items() if value is not None}


def _encode_arguments(arguments: Mapping[str, Any]) -> Any:
    """The arguments as data, for reading; the expressions already contain them."""
    kept = {}
    for name, value in arguments.items():
        try:
            kept[name] = encode(Expression((), (), freeze_tree(value)))["outputs"]
        except (ExpressionError, TypeError, KeyError):
            continue
    return kept or None


def restore(cls: type[Lambda], config: dict[str, Any], custom_objects: Mapping[str, Any] | None) -> Lambda:
    """A layer from its configuration.

    Raises:
        ExpressionError: An expression is damaged.
        BytecodeError: The configuration is of `keras.layers.Lambda`, and its bytecode cannot be read.
    """
    if "expressions" not in config:
        return _restore_stock(cls, config)
    own = {key: config.pop(key, None) for key in _OWN}
    programs = [
        decode_program(item, f"$.expressions[{position}]")
        for position, item in enumerate(_list(own["expressions"]))
    ]
    decoded = {
        "output_shape": OutputShape.loaded(own["output_shape"]),
        "mask": Mask.loaded(own["mask"]),
        "arguments": {k: _decode_argument(v) for k, v in _dict(own, "arguments").items()},
        "layers": _dict(own, "layers"),
        "ties": _dict(own, "ties"),
        "seeds": _dict(own, "seeds"),
        "jit": _jit(own["jit"]),
    }
    return cls.from_programs(programs, decoded, config)


def _restore_stock(cls: type[Lambda], config: dict[str, Any]) -> Lambda:
    """A layer that `keras.layers.Lambda` saved: its bytecode is read and never run."""
    from lamina.legacy.lambda_config import restore_lambda

    if callable(config.get("function")):
        return cls(**config)
    return restore_lambda(cls, config)


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list) or not value:
        raise ExpressionError(f"$.expressions: expected a list with at least one entry, received {value!r}")
    return value


def _jit(value: Any) -> Jit:
    if value is None:
        return "auto"
    if not switch.is_jit(value):
        raise ExpressionError(f'$.jit: expected "auto", true or false, received {value!r:.100}')
    return value


def _dict(own: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = own[name] or {}
    if not isinstance(value, Mapping):
        raise ExpressionError(f"$.{name}: expected an object, received {value!r:.200}")
    return value


def _decode_argument(data: Any) -> Any:
    return thaw(decode({**encode(Expression((), (), None, parameters=())), "outputs": data}).outputs)


def shape_specs(shape: Any) -> Any:
    """Specs for an input shape, or a nested structure of shapes, as Keras gives them to `build`."""
    if isinstance(shape, Mapping):
        return FrozenDict({key: shape_specs(item) for key, item in shape.items()})
    if all(n is None or isinstance(n, int) for n in shape):
        return Spec(tuple(shape))
    kind = FrozenList if isinstance(shape, list) else tuple
    return kind(shape_specs(item) for item in shape)


def explain_misfit(layer: str, programs: Sequence[Program], situation: Situation) -> str:
    """Why none of the saved expressions fits a call."""
    held = "; ".join(f"{p.expression.inputs}{_phase(p.training)}{_masks(p.mask)}" for p in programs)
    received = f"{situation.inputs}{_masks(presence(situation.mask))}"
    return (
        f"layer {layer!r} was loaded with expressions for {held or 'nothing'}, and received {received}. "
        f"The function "
        "read these sizes when it was captured; call it on such inputs, or build the layer again from "
        "its function"
    )


def explain_change(layer: str, names: Sequence[str]) -> str:
    """What to do about values that are not what they were."""
    return (
        f"layer {layer!r} was captured when {', '.join(names)} had another value, and keeps computing "
        f"with that one; "
        "make the layer again from its function, or read a value that changes from a keras.Variable"
    )


def _masks(mask: Any) -> str:
    return " with masks" if any(leaves(mask)) else ""


def _phase(training: bool | None) -> str:
    return "" if training is None else " in training" if training else " in inference"
