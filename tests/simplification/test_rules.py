"""Each rule: an example that it changes, and what looks alike and must stay."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from lamina.expression.verify import verify
from lamina.simplification import engine, simplify
from lamina.simplification.patterns import table
from lamina.simplification.rules import ALL

sys.path.insert(0, str(Path(__file__).parent))

from rule_examples import EXAMPLES, specified
from written import written

pytestmark = pytest.mark.backend_free

# What looks like a case for a rule, and would be another number, sign, dtype or shape.
NEAR_MISSES = [
    ("add(x, 0)", "float32"),  # -0.0 + 0 is 0.0
    ("add(x, 0.0)", "float32"),
    ("add(x, 0.0)", "int32"),  # a float
    ("add(x, -0.0)", "int32"),
    ("add(x, -0.0)", "float32"),  # TensorFlow may compute x + 0.0
    ("add(x, 0)", None),
    ("add(x, -0.0)", None),
    ("add(x, 0)", "bool"),  # an integer
    ("subtract(x, 0.0)", "int32"),
    ("subtract(x, -0.0)", "float32"),  # -0.0 - -0.0 is 0.0
    ("subtract(x, 0)", None),
    ("subtract(0, x)", "int32"),
    ("multiply(x, 1)", "bool"),
    ("multiply(x, 1)", None),
    ("multiply(x, 1)", "complex64"),  # inf times i
    ("multiply(x, 1.0)", "int8"),
    ("multiply(x, True)", "int32"),
    ("multiply(x, A(1.0, 'float32'))", "float16"),  # an array has a dtype
    ("divide(x, 1)", "int32"),
    ("divide(1, x)", "float32"),
    ("negative(relu(negative(x)))", "float32"),
    ("abs(negative(x))", "uint8"),
    ("abs(negative(x))", None),
    ("square(negative(x))", None),
    ("subtract(x, negative(y))", "uint8"),
    ("logical_not(logical_not(x))", "int32"),
    ("logical_not(logical_not(x))", None),
    ("round(round(x, decimals=2))", None),
    ("relu(relu6(x))", None),
    ("reshape(reshape(x, (2, shape(y)[0])), (3, -1))", None),  # the first shape says how many there are
    ("reshape(reshape(x, (2, 3)), (shape(y)[0], 2))", None),
    ("reshape(x, (2, 3))", None),
    ("transpose(x)", None),
    ("transpose(transpose(x, axes=(1, 2, 0)), axes=(0, 2))", None),  # no backend accepts it
    ("swapaxes(swapaxes(x, 0, 1), 0, 2)", None),
    ("flip(flip(x, axis=0), axis=1)", None),
    ("flip(flip(x), axis=1)", None),
    ("squeeze(expand_dims(x, 0), axis=1)", None),
    ("squeeze(expand_dims(x, 0))", None),
    ("expand_dims(squeeze(x, axis=0), 0)", None),
    ("get_item(get_item(x, S(-2, None)), S(1, None))", None),
    ("get_item(get_item(x, S(None, None, -1)), S(1, None))", None),
    ("get_item(get_item(x, S(1, None)), 5)", None),  # an index outside of the slice is an error
    ("get_item(x, S())", None),  # a scalar has no axis
    ("get_item(x, (..., None))", None),
    ("cast(x, 'float32')", None),
    ("cast(x, 'float32')", "float16"),
    ("cast(cast(x, 'float16'), 'float32')", "float32"),
    ("cast(cast(x, 'float16'), 'float32')", "bfloat16"),
    ("cast(cast(x, 'int64'), 'float32')", "uint32"),  # JAX has no int64 unless it is told
    ("cast(cast(x, 'float32'), 'int32')", "float16"),
    ("cast(cast(x, 'int8'), 'float32')", "uint8"),
    ("convert_to_tensor(x)", "float32"),  # it may be an array
    ("convert_to_tensor(relu(x), dtype='float32')", None),
    ("convert_to_tensor(unstack(x))", None),
    ("multiply(shape(x)[0], 1.0)", None),
    ("operator.mul(shape(x)[0], 1.0)", None),
    ("operator.add(operator.truediv(shape(x)[0], 2), 0)", None),
    ("operator.mul(operator.floordiv(shape(x)[0], 2), 2)", None),
    ("add(A([0.1], 'float32'), A([0.2], 'float32'))", None),  # rounded
    ("multiply(A([3e38], 'float32'), 10)", None),  # inf
    ("multiply(A([1e-30], 'float32'), 1e-10)", None),
    ("multiply(A([1e-38], 'float32'), 0.5)", None),  # some backends flush it to zero
    ("add(A([127], 'int8'), 1)", None),  # wraps around
    ("add(A([1], 'int32'), 0.5)", None),  # a float
    ("add(A([1], 'int32'), A([1], 'int8'))", None),
    ("add(A([1.0], 'float64'), 1)", None),  # JAX has float32
    ("negative(A([True], 'bool'))", None),
    ("square(A([float('nan')], 'float32'))".replace("float('nan')", "1e999"), None),
    ("cast(A([0.5], 'float32'), 'int32')", None),
    ("cast(A([300], 'int32'), 'uint8')", None),
    ("cast(A([3, 1], 'int8'), 'float32')", None),  # more bytes than before
    ("broadcast_to(A([1, 2], 'int8'), (2, 2))", None),
    ("reshape(A([1.0], 'float32'), (2, 3))", None),  # an error
]


@pytest.mark.parametrize("text", EXAMPLES)
def test_a_rule_fires(text, monkeypatch):
    example, expected, *spec = EXAMPLES[text]
    before = written(example, **specified(*spec))
    verify(before)
    found = simplify(before)
    assert found == written(expected, **specified(*spec)), found
    monkeypatch.setattr(engine, "RULES", table(rule for rule in ALL if rule.text != text))
    assert simplify(before) != found, "another rule did it"


def test_every_rule_has_an_example():
    assert set(EXAMPLES) == {rule.text for rule in ALL}


@pytest.mark.parametrize(("text", "dtype"), NEAR_MISSES)
def test_what_looks_alike_stays(text, dtype):
    before = written(text, dtype)
    verify(before)
    assert simplify(before) is before


def test_what_is_known_where_it_is_called_counts_too():
    from lamina.expression.model import Spec

    before = written("multiply(x, 1)")
    assert simplify(before) is before
    assert simplify(before, [Spec((2,), "float32"), Spec()]).calls == ()
