"""Every way in which a function can refer to a framework."""

from __future__ import annotations

import functools
import importlib
import sys
import threading
import types

import keras
import numpy as np
import pytest
from keras import ops
from keras.ops import relu as imported_relu
from tests.tracing import names_elsewhere
from tests.tracing.helpers import V, X, assert_same, check, run

from lamina import backend as K
from lamina import capture

REAL_SQUARE = ops.square
TABLE = {"square": ops.square, "nested": [ops.exp, {"deep": ops.tanh}]}
double = functools.partial(ops.multiply, 2.0)


class Scaler:
    """Keeps a framework, an operation and numbers as attributes."""

    K = K
    operation = staticmethod(ops.square)

    def __init__(self, scale):
        self.scale = scale
        self.ops = ops
        self.function = ops.tanh
        self.config = types.SimpleNamespace(axis=1, op=ops.sum)

    def method(self, x):
        return self.helper(x) * self.scale

    def helper(self, x):
        return self.K.exp(x) + self.ops.relu(x)

    def by_attributes(self, x):
        return self.config.op(self.function(x), axis=self.config.axis) + self.operation(self.scale)

    @classmethod
    def of_class(cls, x):
        return cls.K.exp(x)

    @staticmethod
    def static(x):
        return K.exp(x) + ops.relu(x)

    @property
    def doubled(self):
        return self.scale * 2

    def with_property(self, x):
        return ops.relu(x) * self.doubled

    def __call__(self, x):
        return ops.relu(x) - self.scale


def default_argument(x, square=ops.square, *, scale=2.0, relu=imported_relu):
    return relu(square(x)) * scale


def late(x):
    return later(x)


def later(x):
    return ops.square(x)


def factorial_like(x, n):
    return x if n == 0 else ops.add(x, factorial_like(ops.square(x) / 2, n - 1))


def even(x, n):
    return x if n == 0 else odd(ops.relu(x), n - 1)


def odd(x, n):
    return even(-x, n - 1)


def import_inside(x):
    import keras.backend as backend  # noqa: F401
    import numpy as np
    from keras import ops as inner
    from keras.activations import relu

    from lamina import backend as KK

    return relu(inner.square(x)) * np.float32(2.0) + KK.epsilon()


def rows(x):
    for i in range(3):
        yield ops.square(x[:, i])


def loop(x):
    functions = [lambda v, k=k: ops.add(v, k) for k in range(3)]
    for f in functions:
        x = f(x)
    return x


def changed_closure(x):
    total = 0.0

    def add(v):
        nonlocal total
        total = total + ops.sum(v, axis=0)

    for i in range(2):
        add(x * (i + 1))
    return total


def nested(x):
    def inner(v):
        def innermost(u):
            return ops.square(u) + scale

        return innermost(v) * 2

    scale = ops.max(x)
    return inner(x)


def local_class_free(x):
    return [ops.sum(row) for row in [x[:, i] for i in range(2)]] + [{k: ops.max(x)}["a"] for k in "a"]


FUNCTIONS = {
    "module": lambda x: keras.ops.square(x),
    "alias": lambda x: ops.square(x),
    "submodule": lambda x: keras.ops.nn.relu(ops.numpy.square(x)),
    "imported function": lambda x: imported_relu(x),
    "renamed function": lambda x: REAL_SQUARE(x),
    "dict": lambda x: TABLE["square"](x) + TABLE["nested"][0](x) + TABLE["nested"][1]["deep"](x),
    "partial": lambda x: double(x),
    "default argument": default_argument,
    "function of a framework": ops.softplus,
    "class of a framework": keras.activations.relu,
    "K function": K.softplus,
    "partial of a framework": functools.partial(ops.sum, axis=1),
    "partial of a function": functools.partial(default_argument, scale=3.0),
    "nested partial": functools.partial(functools.partial(default_argument, scale=3.0), relu=ops.tanh),
    "bound method": Scaler(2.0).method,
    "attributes": Scaler(2.0).by_attributes,
    "class method": Scaler.of_class,
    "static method": Scaler.static,
    "property": Scaler(2.0).with_property,
    "callable object": Scaler(0.5),
    "helper elsewhere": lambda x: names_elsewhere.helper(x),
    "late binding": late,
    "recursion": lambda x: factorial_like(x, 3),
    "mutual recursion": lambda x: even(x, 4),
    "import inside": import_inside,
    "generator": lambda x: sum(rows(x)),
    "star of a generator": lambda x: ops.stack([*rows(x)]),
    "loop of closures": loop,
    "changed closure": changed_closure,
    "nested functions": nested,
    "comprehensions": local_class_free,
    "getattr": lambda x: getattr(ops, "squ" + "are")(x),
    "conditional import": lambda x: (ops if True else None).square(x),
    "reduce": lambda x: functools.reduce(ops.add, [x, x, x]),
    "map": lambda x: list(map(ops.square, [x, -x])),
    "lru_cache of a number": lambda x: x * _cached(2),
    "walrus": lambda x: (y := ops.square(x)) + y,
    "keras.activations": lambda x: keras.activations.softmax(x, axis=0) + keras.activations.get("tanh")(x),
    "keras.utils": lambda x: keras.utils.normalize(x, axis=1) if False else ops.normalize(x, axis=1),
    "lamina K alias": lambda x: K.relu(x, alpha=0.1, max_value=2.0),
    "try": lambda x: _tried(x),
    "with": lambda x: _with(x),
    "decorated": lambda x: _decorated(x),
    "match": lambda x: _matched(x, {"kind": "square"}),
    "exception": lambda x: _raised(x),
}


@functools.lru_cache
def _cached(n):
    return n * 3


def _tried(x):
    try:
        return ops.square(x)
    finally:
        pass


def _with(x):
    with keras.name_scope("a"):
        return ops.square(x)


def _decorator(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        return ops.relu(function(*args, **kwargs))

    return wrapper


@_decorator
def _decorated(x):
    return ops.negative(x) + 1


def _matched(x, config):
    match config:
        case {"kind": "square"}:
            return ops.square(x)
        case _:
            return x


def _raised(x):
    try:
        raise KeyError("a")
    except KeyError:
        return ops.square(x)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_framework_is_found_however_it_is_bound(name):
    function = FUNCTIONS[name]
    check(function, X)


def test_a_global_that_is_bound_anew_is_read_when_the_function_is_captured(monkeypatch):
    before = run(capture(late), X)
    monkeypatch.setitem(globals(), "later", lambda x: ops.exp(x))
    assert_same(before, X**2)
    assert_same(run(capture(late), X), np.exp(X))


def test_a_helper_sees_the_globals_of_its_own_module():
    assert names_elsewhere.SCALE != SCALE
    check(lambda x: names_elsewhere.helper(x) * SCALE, X)


SCALE = 11.0


def test_a_module_that_shares_no_name_with_the_framework_is_followed(monkeypatch):
    module = types.ModuleType("a_module_of_the_user")
    module.mine = ops
    module.inner = types.ModuleType("a_module_of_the_user.inner")
    module.inner.function = lambda x: ops.square(x)
    monkeypatch.setitem(sys.modules, module.__name__, module)
    check(lambda x: module.mine.relu(x) + module.inner.function(x), X)
    check(lambda x: importlib.import_module("keras.ops").square(x), X)


def test_the_function_of_the_user_is_left_alone():
    cell = 2.0

    def function(x, op=ops.square, *, key=ops.relu):
        return key(op(x)) * cell * Scaler(1.0).scale

    held = (
        function.__code__, function.__globals__, function.__closure__, function.__defaults__,
        dict(function.__kwdefaults__), dict(vars(function)), function.__closure__[0].cell_contents,
    )  # fmt: skip
    capture(function)
    after = (
        function.__code__, function.__globals__, function.__closure__, function.__defaults__,
        dict(function.__kwdefaults__), dict(vars(function)), function.__closure__[0].cell_contents,
    )  # fmt: skip
    assert all(a is b or a == b for a, b in zip(held, after, strict=True))
    assert function.__globals__ is globals()


def test_nothing_global_is_patched():
    import builtins
    import math

    watched = (ops, ops.numpy, keras, keras.random, math, np, builtins, sys.modules["keras.src.ops.numpy"])
    before = [dict(vars(module)) for module in watched]

    def look():
        for module, names in zip(watched, before, strict=True):
            assert all(vars(module)[name] is value for name, value in names.items())
        return 1.0

    look.__module__ = "lamina.tests"  # so that it is called as it is

    def function(x):
        return ops.square(x) * look()

    capture(function)
    assert [dict(vars(module)).keys() for module in watched] == [names.keys() for names in before]


def test_two_threads_capture_at_the_same_time():
    barrier, found = threading.Barrier(2), {}

    def work(name, scale):
        def function(x):
            for _ in range(20):
                x = ops.add(x, scale)
            barrier.wait(timeout=20)
            return ops.square(x) if scale > 1 else ops.exp(x)

        found[name] = capture(function, (None, 3))

    threads = [threading.Thread(target=work, args=(name, name)) for name in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert [found[1].calls[-1].op, found[2].calls[-1].op] == ["exp", "square"]
    assert all(len(e.calls) == 21 for e in found.values())
    assert {call.args[1] for call in found[1].calls[:-1]} == {1}


def test_a_capture_inside_a_function_is_its_own():
    inner = []

    def function(x):
        inner.append(capture(lambda y: ops.exp(y)))
        return ops.square(x)

    assert [call.op for call in capture(function).calls] == ["square"]
    assert [call.op for call in inner[0].calls] == ["exp"]


def test_tensors_of_plain_numbers_are_computed_by_the_framework():
    constant = ops.convert_to_tensor(V)
    expression = check(lambda x: x * ops.sqrt(constant * constant) + ops.cast(3, "float32"), X)
    assert "x" in expression.parameters


def test_numbers_that_no_tensor_enters_stay_numbers():
    import math

    expression = capture(lambda x: x * math.sqrt(4) + float(np.mean([1.0, 2.0])) + max(1, 2) + math.pi)
    assert [call.args[1] for call in expression.calls] == [2.0, 1.5, 2, math.pi]


class Fraction:
    def __init__(self, top, bottom):
        self.top, self.bottom = top, bottom

    def __mul__(self, other):
        return ops.multiply(other, self.top) / self.bottom

    __rmul__ = __mul__

    def __float__(self):
        return self.top / self.bottom

    def __enter__(self):
        return self

    def __exit__(self, *error):
        return None


THIRD = Fraction(1, 3)


def test_objects_with_operators_are_followed():
    from decimal import Decimal
    from fractions import Fraction as Exact

    half, quarter = Decimal("0.5"), Exact(1, 4)
    check(lambda x: THIRD * x + x * THIRD, X)
    check(lambda x: x * float(THIRD) * float(half) * float(quarter * 2), X)

    def function(x):
        with THIRD as third:
            return third * x

    check(function, X)


def test_objects_made_inside_are_followed():
    check(lambda x: Scaler(3.0)(x) + Scaler(2.0).method(x), X)
