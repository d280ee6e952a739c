"""For each rule an example that it changes."""

from __future__ import annotations

A12, A3 = "A([1.0, 2.0], 'float32')", "A([3.0, 3.0], 'float32')"

# By rule: an example, what becomes of it, and the dtype (and shape) of the inputs.
EXAMPLES = {
    "multiply(x, 1)": ("relu(multiply(x, 1))", "relu(x)", "int32"),
    "multiply(1, x)": ("relu(multiply(1, x))", "relu(x)", "float16"),
    "multiply(x, 1.0)": ("relu(multiply(x, 1.0))", "relu(x)", "float32"),
    "multiply(1.0, x)": ("relu(multiply(1.0, x))", "relu(x)", "bfloat16"),
    "divide(x, 1)": ("divide(x, 1)", "x", "float32"),
    "divide(x, 1.0)": ("divide(x, 1.0)", "x", "float32"),
    "true_divide(x, 1)": ("true_divide(x, 1)", "x", "float32"),
    "true_divide(x, 1.0)": ("true_divide(x, 1.0)", "x", "float32"),
    "subtract(x, 0)": ("subtract(x, 0)", "x", "uint8"),
    "subtract(x, 0.0)": ("subtract(x, 0.0)", "x", "float32"),
    "add(x, 0)": ("add(x, 0)", "x", "int8"),
    "add(0, x)": ("add(0, x)", "x", "int16"),
    "negative(negative(x))": ("negative(negative(x))", "x", None),
    "abs(negative(x))": ("abs(negative(x))", "abs(x)", "float32"),
    "absolute(negative(x))": ("absolute(negative(x))", "absolute(x)", "float32"),
    "square(negative(x))": ("square(negative(x))", "square(x)", "int8"),
    "subtract(x, negative(y))": ("subtract(x, negative(y))", "add(x, y)", "float32"),
    "logical_not(logical_not(x))": ("logical_not(logical_not(equal(x, y)))", "equal(x, y)", None),
    "abs(abs(x))": ("abs(abs(x))", "abs(x)", None),
    "absolute(absolute(x))": ("absolute(absolute(x))", "absolute(x)", None),
    "relu(relu(x))": ("relu(relu(relu(x)))", "relu(x)", None),
    "sign(sign(x))": ("sign(sign(x))", "sign(x)", None),
    "floor(floor(x))": ("floor(floor(x))", "floor(x)", None),
    "ceil(ceil(x))": ("ceil(ceil(x))", "ceil(x)", None),
    "trunc(trunc(x))": ("trunc(trunc(x))", "trunc(x)", None),
    "round(round(x))": ("round(round(x))", "round(x)", None),
    "stop_gradient(stop_gradient(x))": ("stop_gradient(stop_gradient(x))", "stop_gradient(x)", None),
    "reshape(reshape(x, a), b)": ("reshape(reshape(x, (2, 3)), (3, -1))", "reshape(x, (3, 2))", None),
    "reshape(ravel(x), a)": ("reshape(ravel(x), (3, -1))", "reshape(x, (3, -1))", None),
    "ravel(reshape(x, a))": ("ravel(reshape(x, (-1, 2)))", "ravel(x)", None),
    "ravel(ravel(x))": ("ravel(ravel(x))", "ravel(x)", None),
    "reshape(x, s)": ("reshape(relu(x), (2, 3))", "relu(x)", None, (2, 3)),
    "transpose(transpose(x, axes=p), axes=q)": (
        "transpose(transpose(x, axes=(2, 0, 1)), axes=(0, -1, 1))",
        "transpose(x, axes=(2, 1, 0))",
        None,
    ),
    "transpose(x, axes=p)": ("transpose(x, axes=(0, 1, -1))", "x", None),
    "swapaxes(swapaxes(x, axis1=a, axis2=b), axis1=a, axis2=b)": (
        "swapaxes(swapaxes(x, 0, 1), 0, 1)",
        "x",
        None,
    ),
    "swapaxes(swapaxes(x, axis1=a, axis2=b), axis1=b, axis2=a)": (
        "swapaxes(swapaxes(x, 0, 1), 1, 0)",
        "x",
        None,
    ),
    "flip(flip(x, axis=a), axis=a)": ("flip(flip(x, axis=1), axis=1)", "x", None),
    "squeeze(expand_dims(x, axis=a), axis=a)": ("squeeze(expand_dims(x, -1), axis=-1)", "x", None),
    "get_item(get_item(x, a), b)": (
        "get_item(get_item(x, S(1, None)), (S(2, 5), S(0, 1)))",
        "get_item(x, (S(3, 6), S(None, 1)))",
        None,
    ),
    "get_item(x, k)": ("get_item(get_item(x, ...), (S(), S()))", "x", None, (2, 3)),
    "cast(x, dtype=d)": ("cast(cast(x, 'int8'), 'int8')", "cast(x, 'int8')", None),
    "cast(cast(x, dtype=a), dtype=b)": ("cast(cast(x, 'float32'), 'float16')", "x", "float16"),
    "convert_to_tensor(x, dtype=d)": ("convert_to_tensor(relu(x))", "relu(x)", None),
    "operator.mul(x, 1)": (
        "reshape(y, (operator.mul(shape(x)[0], 1), 2))",
        "reshape(y, (shape(x)[0], 2))",
        None,
    ),
    "operator.mul(1, x)": (
        "reshape(y, (operator.mul(1, shape(x)[0]), 2))",
        "reshape(y, (shape(x)[0], 2))",
        None,
    ),
    "operator.sub(x, 0)": (
        "reshape(y, (operator.sub(shape(x)[0], 0), 2))",
        "reshape(y, (shape(x)[0], 2))",
        None,
    ),
    "operator.add(x, 0)": ("reshape(y, (operator.add(size(x), 0), 2))", "reshape(y, (size(x), 2))", None),
    "operator.add(0, x)": ("reshape(y, (operator.add(0, ndim(x)), 2))", "reshape(y, (ndim(x), 2))", None),
    "operator.floordiv(x, 1)": (
        "reshape(y, (operator.floordiv(shape(x)[1], 1), 2))",
        "reshape(y, (shape(x)[1], 2))",
        None,
    ),
    "operator.floordiv(operator.mul(x, a), a)": (
        "reshape(y, (operator.floordiv(operator.mul(shape(x)[1], 4), 4), 2))",
        "reshape(y, (shape(x)[1], 2))",
        None,
    ),
    "operator.neg(operator.neg(x))": (
        "reshape(y, (operator.neg(operator.neg(shape(x)[1])), 2))",
        "reshape(y, (shape(x)[1], 2))",
        None,
    ),
    "add(constants)": (f"add({A12}, {A3})", "convert_to_tensor(A([4.0, 5.0], 'float32'))", None),
    "subtract(constants)": (f"subtract({A12}, 0.5)", "convert_to_tensor(A([0.5, 1.5], 'float32'))", None),
    "multiply(constants)": (f"multiply(2, {A12})", "convert_to_tensor(A([2.0, 4.0], 'float32'))", None),
    "negative(constants)": (
        "negative(A([-0.0, 1.0], 'float32'))",
        "convert_to_tensor(A([0.0, -1.0], 'float32'))",
        None,
    ),
    "abs(constants)": ("abs(A([-3, 1], 'int8'))", "convert_to_tensor(A([3, 1], 'int8'))", None),
    "absolute(constants)": ("absolute(A([-0.0], 'float16'))", "convert_to_tensor(A([0.0], 'float16'))", None),
    "square(constants)": ("square(A([-3, 1], 'int32'))", "convert_to_tensor(A([9, 1], 'int32'))", None),
    "cast(constants)": (
        "cast(A([3, 1], 'int32'), 'float32')",
        "convert_to_tensor(A([3.0, 1.0], 'float32'))",
        None,
    ),
    "reshape(constants)": (
        f"reshape({A12}, (2, -1))",
        "convert_to_tensor(A([[1.0], [2.0]], 'float32'))",
        None,
    ),
    "ravel(constants)": ("ravel(A([[1, 2]], 'int32'))", "convert_to_tensor(A([1, 2], 'int32'))", None),
    "transpose(constants)": (
        "transpose(A([[1, 2]], 'int32'))",
        "convert_to_tensor(A([[1], [2]], 'int32'))",
        None,
    ),
    "swapaxes(constants)": (
        "swapaxes(A([[1, 2]], 'int8'), 0, 1)",
        "convert_to_tensor(A([[1], [2]], 'int8'))",
        None,
    ),
    "expand_dims(constants)": (
        "expand_dims(A([1, 2], 'int8'), 0)",
        "convert_to_tensor(A([[1, 2]], 'int8'))",
        None,
    ),
    "squeeze(constants)": ("squeeze(A([[1, 2]], 'int8'))", "convert_to_tensor(A([1, 2], 'int8'))", None),
    "flip(constants)": (f"flip({A12})", "convert_to_tensor(A([2.0, 1.0], 'float32'))", None),
    "get_item(constants)": (
        f"get_item({A12}, (S(1, None),))",
        "convert_to_tensor(A([2.0], 'float32'))",
        None,
    ),
    "concatenate(constants)": (
        f"concatenate([{A12}, {A3}])",
        "convert_to_tensor(A([1.0, 2.0, 3.0, 3.0], 'float32'))",
        None,
    ),
    "stack(constants)": (
        f"stack([{A12}, {A3}])",
        "convert_to_tensor(A([[1.0, 2.0], [3.0, 3.0]], 'float32'))",
        None,
    ),
}


def specified(dtype=None, shape=None):
    """The arguments of `written` for what stands after an example."""
    return {"dtype": dtype, "shape": shape}
