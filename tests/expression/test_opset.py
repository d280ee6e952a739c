"""The opset against the installed Keras: names, signatures, versions, and how calls are bound."""

from __future__ import annotations

import inspect
import itertools
from typing import Any

import keras
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamina.errors import ExpressionError, LaminaError
from lamina.expression import opset
from lamina.expression.corrections import corrected
from lamina.expression.model import Call, Location, Ref

INSTALLED = tuple(map(int, keras.__version__.split(".")[:2]))
NAMESPACES = ("image", "linalg", "nn", "numpy")
X, Y = Ref(0), Ref(1)

# Parameters that Keras takes through `**kwargs` for old callers; an expression does without.
DROPPED = {
    ("einsum", "kwargs"): "options that only some backends know",
    ("layer_normalization", "kwargs"): "the deprecated `rms_scaling`",
    ("multi_hot", "kwargs"): "the deprecated `num_tokens`",
}


def public(module: Any, prefix: str = "") -> dict[str, Any]:
    """The functions and classes that a module of Keras exports."""
    found = {name: value for name, value in vars(module).items() if not name.startswith("_")}
    return {prefix + name: value for name, value in found.items() if not inspect.ismodule(value)}


def installed() -> dict[str, Any]:
    """Everything that the installed Keras has, by the name it would have in the table."""
    found = {**public(keras.ops), **public(keras.random, "random.")}
    for namespace in NAMESPACES:
        found |= public(getattr(keras.ops, namespace), f"{namespace}.")
    return found


def supported(since: str | None) -> bool:
    return since is None or tuple(map(int, since.split("."))) <= INSTALLED


KERAS_OPS = [name for name in opset.names() if opset.lookup(name).namespace != "operator"]
HERE = [name for name in KERAS_OPS if supported(opset.lookup(name).since)]


@pytest.mark.backend_free
@pytest.mark.parametrize("name", sorted(installed()))
def test_every_public_name_is_an_operation_or_left_out(name: str) -> None:
    known = opset.resolve(name)
    left_out = {name, name.rpartition(".")[2]} & opset.LEFT_OUT.keys()
    assert opset.has(known) != bool(left_out), f"{name} is in neither table, or in both"
    if opset.has(known):
        assert opset.lookup(known).function is corrected(known, installed()[name])


@pytest.mark.backend_free
def test_all_namespaces_of_keras_are_walked() -> None:
    modules = {name for name, value in vars(keras.ops).items() if inspect.ismodule(value)}
    assert {name for name in modules if not name.startswith("_")} == set(NAMESPACES)


@pytest.mark.backend_free
def test_left_out_names_are_refused_with_the_reason() -> None:
    for name, reason in opset.LEFT_OUT.items():
        assert not opset.has(name)
        assert name in installed()
        with pytest.raises(ExpressionError, match=reason):
            opset.lookup(name)


def signature(op: opset.Op) -> list[tuple[str, str, Any]]:
    kinds = {"variadic": "*", "keywords": "**"}
    return [
        (kinds.get(p.kind, ""), p.name, inspect.Parameter.empty if p.required else p.default)
        for p in op.parameters
        if supported(p.since)
    ]


@pytest.mark.backend_free
@pytest.mark.parametrize("name", HERE)
def test_parameters_are_those_of_keras(name: str) -> None:
    op = opset.lookup(name)
    kinds = {inspect.Parameter.VAR_POSITIONAL: "*", inspect.Parameter.VAR_KEYWORD: "**"}
    expected = [
        (kinds.get(p.kind, ""), p.name, p.default)
        for p in inspect.signature(op.function).parameters.values()
        if (name, p.name) not in DROPPED
    ]
    assert signature(op) == expected


@pytest.mark.backend_free
def test_exactly_the_operations_of_the_installed_keras_are_marked_as_supported() -> None:
    assert set(HERE) == set(KERAS_OPS) & installed().keys()


@pytest.mark.backend_free
def test_a_younger_operation_says_which_keras_it_needs() -> None:
    future = opset.Op("from_the_future", (), since="9.9", namespace="nn")
    with pytest.raises(ExpressionError, match=r"from_the_future needs Keras 9\.9 or newer; this is"):
        _ = future.function


@pytest.mark.backend_free
@pytest.mark.parametrize("name", ["cast", "softmax"])
def test_aliases_have_one_name(name: str) -> None:
    namespace = opset.lookup(name).namespace
    assert opset.resolve(f"{namespace}.{name}") == name
    assert opset.resolve(f"linalg.{name}") == f"linalg.{name}"
    assert opset.resolve(opset.resolve(name)) == name
    with pytest.raises(ExpressionError, match=f"nearest names are {name}$"):
        opset.lookup(f"{namespace}.{name}")


@pytest.mark.backend_free
def test_synonyms_stay_separate() -> None:
    for name, twin in [("abs", "absolute"), ("max", "amax"), ("silu", "swish"), ("conj", "conjugate")]:
        assert opset.lookup(name).public_name == f"keras.ops.{name}"
        assert opset.lookup(twin).public_name == f"keras.ops.{twin}"


@pytest.mark.backend_free
def test_public_names() -> None:
    expected = {
        "mean": "keras.ops.mean",
        "image.resize": "keras.ops.image.resize",
        "random.normal": "keras.random.normal",
        "operator.add": "operator.add",
    }
    assert {name: opset.lookup(name).public_name for name in expected} == expected


@pytest.mark.backend_free
@pytest.mark.parametrize(
    "name", ["softmx", "__import__", "os.system", "operator.attrgetter", "mean.__globals__", ""]
)
def test_unknown_names_are_refused(name: str) -> None:
    assert not opset.has(name)
    assert opset.resolve(name) == name
    with pytest.raises(LaminaError, match="is not an operation that an expression may call"):
        opset.lookup(name)


@pytest.mark.backend_free
def test_the_message_names_the_nearest_operations() -> None:
    with pytest.raises(ExpressionError, match="the nearest names are softmax, "):
        opset.lookup("softmx")
    with pytest.raises(ExpressionError) as error:
        opset.lookup("x" * 10**6)
    assert len(str(error.value)) < 300


def bound(name: str, *args: Any, **kwargs: Any) -> Call:
    op = opset.lookup(name)
    return op.call(op.bind(args, kwargs))


# Each line: the canonical call, and other ways of writing it.
SAME = {
    "mean": (
        Call("mean", (X,), (("axis", 1),)),
        [((X, 1), {}), ((), {"axis": 1, "x": X, "keepdims": False})],
    ),
    "mean/2": (Call("mean", (X,)), [((X,), {}), ((X, None, False), {}), ((X,), {"axis": None})]),
    "subtract": (Call("subtract", (X, Y)), [((X, Y), {}), ((), {"x2": Y, "x1": X}), ((X,), {"x2": Y})]),
    "expand_dims": (Call("expand_dims", (X,), (("axis", 0),)), [((X, 0), {}), ((X,), {"axis": 0})]),
    "meshgrid": (Call("meshgrid", (X, Y)), [((X, Y), {}), ((X, Y), {"indexing": "xy"})]),
    "einsum": (Call("einsum", ("ij,jk->ik", X, Y)), [(("ij,jk->ik", X, Y), {})]),
    "switch": (Call("switch", (X, (Y,))), [((X, (Y,)), {}), ((), {"branches": (Y,), "index": X})]),
    "cond": (Call("cond", (X, Y, Y)), [((X, Y, Y), {}), ((X,), {"false_fn": Y, "true_fn": Y})]),
    "rearrange": (
        Call("rearrange", (X,), (("pattern", "(a b) -> a b"), ("a", 2), ("b", 3))),
        [((X, "(a b) -> a b"), {"b": 3, "a": 2}), ((X,), {"a": 2, "pattern": "(a b) -> a b", "b": 3})],
    ),
    "operator.call": (Call("operator.call", (X, Y), (("training", True),)), [((X, Y), {"training": True})]),
    "image.resize": (
        Call("image.resize", (X, (2, 2)), (("interpolation", "nearest"),)),
        [
            ((X, (2, 2), "nearest"), {}),
            ((X,), {"interpolation": "nearest", "size": (2, 2), "antialias": False}),
        ],
    ),
}


@pytest.mark.backend_free
@pytest.mark.parametrize("key", SAME)
def test_the_same_call_is_always_written_the_same_way(key: str) -> None:
    canonical, others = SAME[key]
    for args, kwargs in others:
        assert bound(canonical.op, *args, **kwargs) == canonical
    assert bound(canonical.op, *canonical.args, **dict(canonical.kwargs)) == canonical


@pytest.mark.backend_free
def test_arguments_are_compared_with_defaults_exactly() -> None:
    assert bound("elu", X, 1.0) == Call("elu", (X,))
    assert dict(bound("elu", X, 1).kwargs) == {"alpha": 1}
    assert type(dict(bound("elu", X, True).kwargs)["alpha"]) is bool
    assert dict(bound("nan_to_num", X, nan=-0.0).kwargs) == {"nan": -0.0}
    assert dict(bound("rot90", X, axes=[0, 1]).kwargs) == {"axes": [0, 1]}
    assert dict(bound("elu", X, Y).kwargs) == {"alpha": Y}
    assert dict(bound("sum", X, keepdims=0).kwargs) == {"keepdims": 0}


@st.composite
def written_calls(draw: st.DrawFn) -> tuple[str, dict[str, Any], int, list[str]]:
    """A call by argument names, how many go by position, and the order of the others."""
    name = draw(st.sampled_from(KERAS_OPS))
    named = [p for p in opset.lookup(name).parameters if p.kind not in ("variadic", "keywords")]
    if len(named) < len(opset.lookup(name).parameters):
        named = [p for p in named if p.required]
    given_ = {p.name: draw(st.integers(0, 2)) for p in named if p.required or draw(st.booleans())}
    run = len(list(itertools.takewhile(lambda p: p.name in given_, named)))
    count = draw(st.integers(0, run)) if given_ else 0
    return name, given_, count, draw(st.permutations(list(given_)[count:]))


@pytest.mark.backend_free
@given(written_calls())
def test_position_and_order_do_not_matter(case: tuple[str, dict[str, Any], int, list[str]]) -> None:
    name, arguments, count, order = case
    op = opset.lookup(name)
    positional = tuple(arguments.values())[:count]
    call = op.call(op.bind(positional, {key: arguments[key] for key in order}))
    assert call == op.call(op.bind((), arguments))
    assert op.call(op.bind(call.args, dict(call.kwargs))) == call


@pytest.mark.backend_free
@pytest.mark.parametrize(
    ("name", "args", "kwargs", "problem"),
    [
        ("mean", (), {}, r"x missing; it is called as keras\.ops\.mean\(x, axis=None, keepdims=False\)"),
        ("mean", (X,), {"x": X}, "'x' is given twice"),
        ("mean", (X,), {"axes": 1}, "'axes' is not one of its parameters"),
        ("mean", (X, 1, True, 4), {}, "at most 3 arguments go by position, received 4"),
        ("meshgrid", (), {"x": X}, "'x' is not one of its parameters"),
        ("einsum", (), {}, "subscripts missing"),
        ("einsum", ("i->", X), {"optimize": True}, "'optimize' is not one of its parameters"),
        ("rearrange", (X, "a -> a", 3), {}, "at most 2 arguments go by position, received 3"),
        ("rearrange", (X,), {"a": 3}, "pattern missing"),
        ("layer_normalization", (X,), {"rms_scaling": True}, "'rms_scaling' is not one of its parameters"),
    ],
)
def test_wrong_arguments_are_refused(name: str, args: Any, kwargs: Any, problem: str) -> None:
    with pytest.raises(ExpressionError, match=problem):
        opset.lookup(name).bind(args, kwargs)


@pytest.mark.backend_free
def test_kinds_of_arguments() -> None:
    def kind(name: str, key: int | str) -> str:
        return opset.lookup(name).parameter(key).kind

    assert [kind("mean", key) for key in (0, "axis", "keepdims")] == ["operand", "static", "static"]
    assert [kind("switch", key) for key in (0, 1, 2, 9)] == ["operand", "function", "variadic", "variadic"]
    assert [kind("rearrange", key) for key in ("pattern", "anything")] == ["static", "keywords"]
    assert [kind("while_loop", key) for key in (0, 1, 2)] == ["function", "function", "operand"]
    for key in (3, "anything"):
        with pytest.raises(ExpressionError, match="is not one of its parameters"):
            kind("mean", key)


@pytest.mark.backend_free
def test_runtime_sizes_may_stand_where_keras_takes_sizes() -> None:
    for name, parameter in [
        ("reshape", "newshape"),
        ("zeros", "shape"),
        ("arange", "stop"),
        ("one_hot", "num_classes"),
        ("tile", "repeats"),
        ("image.resize", "size"),
        ("random.normal", "shape"),
        ("fori_loop", "upper"),
        ("rearrange", "axes_lengths"),
    ]:
        found = next(p for p in opset.lookup(name).parameters if p.name == parameter)
        assert found.kind in ("operand", "keywords")


@pytest.mark.backend_free
def test_parameters_that_keras_evaluates_are_static_everywhere() -> None:
    for name in opset.names():
        for parameter in opset.lookup(name).parameters:
            if parameter.name in (
                "axis",
                "axes",
                "keepdims",
                "dtype",
                "data_format",
                "padding",
                "interpolation",
            ):
                assert parameter.kind == "static", (name, parameter)


@pytest.mark.backend_free
def test_seeds_and_versions() -> None:
    seeded = {name for name in opset.names() if opset.lookup(name).takes_seed}
    assert seeded == {n for n in opset.names() if n.startswith("random.")} | {"image.elastic_transform"}
    assert opset.lookup("mean").required_keras(bound("mean", X)) is None
    assert opset.lookup("cdist").required_keras(bound("cdist", X, Y)) == "3.15"
    scatter = opset.lookup("scatter_update")
    assert scatter.required_keras(bound("scatter_update", X, Y, X)) is None
    assert scatter.required_keras(bound("scatter_update", X, Y, X, reduction="add")) == "3.14"


@pytest.mark.backend_free
def test_a_location_is_kept_and_does_not_count() -> None:
    op = opset.lookup("exp")
    call = op.call(op.bind((X,), {}), Location("model.py", 3))
    assert str(call.where) == "model.py:3"
    assert call == Call("exp", (X,))
