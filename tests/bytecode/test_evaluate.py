"""What the evaluator follows, what it refuses and how it says so, and what it never lets happen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.bytecode.assembler import Assembly
from tests.bytecode.numpy_world import Namespace, Tensor
from tests.bytecode.saved import golden, save, world
from tests.bytecode.test_python34 import assembled

from lamina.bytecode import (
    Array,
    Limits,
    Module,
    NamedFunction,
    PlainNamespace,
    SavedFunction,
    evaluate,
    free_names,
)
from lamina.errors import BytecodeError, NamesNeededError, SpecNeededError

pytestmark = pytest.mark.backend_free

K: Any = None
tf: Any = None
SCALE: Any = None
helper: Any = None
CONFIG: Any = None


def run(function: Callable[..., Any], *args: Any, names: dict[str, Any] | None = None, **kwargs: Any) -> Any:
    return evaluate(save(function), args, kwargs, namespace=PlainNamespace(names))


def refusal(function: Callable[..., Any], *args: Any, names: dict[str, Any] | None = None) -> str:
    with pytest.raises(BytecodeError) as caught:
        run(function, *args, names=names)
    return str(caught.value)


# Names and the world outside


def test_names_are_resolved_before_builtins_and_asked_for_together() -> None:
    assert run(lambda x: len(x) * SCALE, "abc", names={"SCALE": 2}) == 6
    assert run(lambda x: len(x), "abc", names={"len": lambda value: -1}) == -1
    with pytest.raises(NamesNeededError) as caught:
        run(lambda x: helper(x) + SCALE * len(x), 1)
    assert set(caught.value.names) == {"helper", "SCALE"}
    assert '"SCALE": ...' in str(caught.value)


def test_free_names_are_dotted_and_include_inner_functions() -> None:
    function = save(lambda x: K.mean(x) + tf.nn.relu(x) + (lambda v: v * SCALE)(x) + abs(CONFIG.factor))
    assert free_names(function.code) == {"K.mean", "tf.nn.relu", "SCALE", "abs", "CONFIG.factor"}
    for python in ("2.7", "3.7", "3.10", "3.13", "3.14"):
        calls = next(row for row in golden(python) if row.name == "calls")
        assert free_names(calls.saved.code) == {"probe", "K.probe", "K.nested.double", "K.mean"}


def test_modules_come_from_the_namespace_only() -> None:
    def inside(x: Any) -> Any:
        import os
        from subprocess import run as start

        return start(os)

    with pytest.raises(NamesNeededError, match="os"):
        run(inside, 1)


def test_attributes_come_from_the_namespace_only() -> None:
    class Thing:
        secret = 1

    text = refusal(lambda x: x.secret, Thing())
    assert "has no attribute 'secret'" in text
    assert "is internal to Python" in refusal(lambda x: x.__class__, 1)
    assert "is internal to Python" in refusal(lambda x: getattr(x, "__class__"), 1)  # noqa: B009
    assert "not among the methods" in refusal(lambda x: x.gi_frame, "text")
    assert "not among the methods" in refusal(lambda x: (lambda: 0).gi_frame, 1)


@pytest.mark.parametrize("template", ["{0.__class__}", "{0[0]}", "{x.__init__}", "{:{}}"])
def test_format_fields_read_no_attributes(template: str) -> None:
    assert "reads more than a value" in refusal(lambda text: text.format(1, 2, x=3), template)


def test_hasattr_and_getattr_ask_the_namespace() -> None:
    module = Module("tf", {"new": 1})
    names = {"tf": module}
    assert run(lambda x: hasattr(tf, "new"), 0, names=names) is True
    assert run(lambda x: getattr(tf, "old", 7), 0, names=names) == 7


def test_the_callers_containers_are_not_changed() -> None:
    def changing(x: Any) -> Any:
        x.append(1)
        CONFIG["a"].append(2)
        return x, CONFIG

    given, config = [0], {"a": [1]}
    assert run(changing, given, names={"CONFIG": config}) == ([0, 1], {"a": [1, 2]})
    assert (given, config) == ([0], {"a": [1]})


def test_in_place_operators_do_not_change_a_tensor() -> None:
    def centred(x: Any) -> Any:
        x -= 1.0
        return x

    tensor = Tensor([1.0, 2.0])
    assert evaluate(save(centred), [tensor], namespace=Namespace()).value.tolist() == [0.0, 1.0]
    assert tensor.value.tolist() == [1.0, 2.0]


# Closures and defaults


def test_closures_defaults_and_arrays() -> None:
    factor, shift = 3, 4
    assert run(lambda x: x * factor + shift, 2) == 10
    saved = save(lambda x, p=2: x * p - factor, closure=[Array([1.0, 2.0], "float32")])
    result = evaluate(saved, [Tensor([4.0, 4.0])], namespace=Namespace())
    assert result.value.tolist() == [7.0, 6.0]


def test_a_function_in_a_closure_is_followed_or_asked_for() -> None:
    inner: Any = lambda v: v * 2
    outer = lambda x: inner(x) + 1
    followed = SavedFunction(save(outer, closure=[1]).code, closure=(save(inner),))
    assert evaluate(followed, [5], namespace=PlainNamespace()) == 11
    for value in ("inner", NamedFunction("inner")):
        named = SavedFunction(followed.code, closure=(value,))
        assert evaluate(named, [5], namespace=PlainNamespace({"inner": lambda v: v * 10})) == 51
        with pytest.raises(NamesNeededError, match="inner"):
            evaluate(named, [5], namespace=PlainNamespace())


def test_inner_functions_can_be_called_by_those_they_are_handed_to() -> None:
    assert run(lambda x: helper(lambda v: v + x), 10, names={"helper": lambda f: f(1) + f(v=2)}) == 23


def test_arguments_are_bound_as_python_binds_them() -> None:
    assert run(lambda x, scale: x * scale, 2, scale=5) == 10
    assert "needs a value for 'y'" in refusal(lambda x, y: x, 1)
    assert "takes 1 arguments, received 2" in refusal(lambda x: x, 1, 2)
    with pytest.raises(BytecodeError, match="has no parameter 'z'"):
        run(lambda x: x, 1, z=2)
    with pytest.raises(BytecodeError, match="two values for 'x'"):
        run(lambda x: x, 1, x=2)


# Refusals


def branching(x: Any) -> Any:
    y = x * 2
    if y > 0:
        return y
    return x


def test_a_branch_on_a_tensor_names_instruction_line_and_surroundings() -> None:
    with pytest.raises(BytecodeError) as caught:
        evaluate(save(branching), [Tensor([1.0])], namespace=Namespace())
    text = str(caught.value)
    line = branching.__code__.co_firstlineno + 2
    assert "a Python `if` on tensor values cannot be followed" in text
    assert f"line {line} of test_evaluate.py" in text
    assert "-->" in text
    assert "COMPARE_OP" in text


def test_errors_of_known_conditions_quote_their_message() -> None:
    def checks(x: Any) -> Any:
        if x > 3:
            raise ValueError(f"too large: {x}")
        if x == 3:
            raise AssertionError("not three")
        return x

    assert run(checks, 1) == 1
    assert "raises ValueError: too large: 4" in refusal(checks, 4)
    assert "raises AssertionError: not three" in refusal(checks, 3)


def with_statement(x: Any) -> Any:
    with helper(x) as y:
        return y


def class_definition(x: Any) -> Any:
    class Inner:
        pass

    return Inner


def setting(x: Any) -> Any:
    x.value = 1


def assigning(x: Any) -> Any:
    global SCALE
    SCALE = x


def handled(x: Any) -> Any:
    try:
        return x + "a"
    except TypeError:
        return 0


def matching(x: Any) -> Any:
    match x:
        case [1, y]:
            return y
    return 0


async def coroutine(x: Any) -> Any:
    return x


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        (with_statement, "a with statement"),
        (class_definition, "a class definition"),
        (setting, "setting an attribute"),
        (assigning, "assigning a global variable"),
        (handled, "unsupported operand"),
        (matching, "a match statement"),
        (coroutine, "asynchronous"),
        (lambda x: x(), "called like a function"),
        (lambda x: [v + 1 for v in x], "not iterable"),
        (lambda x: {[]: x}, "unhashable"),
        (lambda x: 5 in x, "plain Python containers"),
    ],
)
def test_what_is_not_understood_is_named(function: Any, reason: str) -> None:
    value: Any = 5 if reason != "plain Python containers" else Module("m", {})
    assert reason in refusal(function, value, names={"helper": lambda x: x})


def test_an_unread_shape_reaches_the_caller_as_it_is() -> None:
    def shape(x: Any) -> Any:
        raise SpecNeededError("the shape is not known yet")

    with pytest.raises(SpecNeededError, match="not known yet") as caught:
        run(lambda x: helper(x), 1, names={"helper": shape})
    assert "line" in caught.value.__notes__[0]


# Limits


def doubled_list(x: Any) -> Any:
    for _ in range(60):
        x = [x, x]
    return x


def compared(x: Any) -> Any:
    a, b = [0], [0]
    for _ in range(60):
        a, b = [a, a], [b, b]
    return a == b


def hashed(x: Any) -> Any:
    a = (0,)
    for _ in range(60):
        a = (a, a)
    return {a: 1}


def printed(x: Any) -> Any:
    for _ in range(60):
        x = [x, x]
    return f"{x}"


def contains_itself(x: Any) -> Any:
    a: list[Any] = []
    a.append(a)
    return a == [a]


def growing(x: Any) -> Any:
    x = "a"
    while True:
        x = x + x


def keeping(x: Any) -> Any:
    kept = []
    while True:
        kept.append([0] * 90000)


def endless(x: Any) -> Any:
    while True:
        pass


def recursive(x: Any) -> Any:
    def f(v: Any) -> Any:
        return f(v)

    return f(x)


@pytest.mark.parametrize(
    "function",
    [
        doubled_list,
        compared,
        hashed,
        printed,
        contains_itself,
        growing,
        keeping,
        endless,
        recursive,
        lambda x: x ** (x**9),
        lambda x: [0] * (x**9),
        lambda x: "a" * (x**9) * (x**9),
        lambda x: x << (x**9),
        lambda x: list(range(x**15)),
        lambda x: sum(range(x**15)),
        lambda x: [i + 1 for i in range(x**15)],
        lambda x: [0 for i in range(x**4) for j in range(x**4)],
        lambda x: "%1000000000d" % x,
        lambda x: "%.*f" % (10**9, x),
        lambda x: "{:1000000000}".format(x),
        lambda x: f"{x:1000000000}",
        lambda x: ("a" * 50000).replace("a", "b" * 50000),
        lambda x: ("a" * 50000).join(["b"] * 50000),
        lambda x: round(x, -(10**9)),
        lambda x: pow(x, 10**9),
        lambda x: sorted(range(10**9)),
        lambda x: max(range(10**12)),
        lambda x: dict(zip(range(10**12), range(10**12), strict=False)),
        lambda x: [*range(10**12)],
        lambda x: helper(*range(10**12)),
    ],
)
def test_gigantic_work_is_refused(function: Any) -> None:
    assert refusal(function, 10, names={"helper": print})


def test_limits_are_the_callers() -> None:
    with pytest.raises(BytecodeError, match="more than 50 steps"):
        evaluate(save(endless), [1], namespace=PlainNamespace(), limits=Limits(steps=50))


# Ambiguity


@pytest.mark.parametrize("same", [None, lambda one, other: one == other])
def test_readings_that_mean_different_things_must_agree(same: Any) -> None:
    """`("a", 1, (7, 8), "a", 1)` below a call with one keyword and `*`: 3.4 and 3.5 both make sense."""
    lines = [
        ("LOAD_GLOBAL", 0), ("LOAD_CONST", 1), ("LOAD_CONST", 2), ("LOAD_CONST", 1),
        ("CALL_FUNCTION_VAR", 0x0100), ("RETURN_VALUE", None),
    ]  # fmt: skip
    saved = assembled(Assembly(lines, (None, "a", "bc"), ("probe",), ("x",)), "3.4")
    with pytest.raises(BytecodeError, match=r"ambiguous: it may have been written by Python 3\.4, 3\.5"):
        evaluate(saved, [5], namespace=world(), same=same)
