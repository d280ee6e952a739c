"""What to write instead of what an expression cannot hold."""

from __future__ import annotations

ADVICE = {
    "bool": "choose with `ops.where(condition, a, b)` by element, or `ops.cond(condition, f, g)` of a scalar",
    "number": "keep it a tensor: use `ops.cast`, and tensor arithmetic in place of Python numbers",
    "numpy": "use `keras.ops` (or the `np` functions that lamina knows, called from the function itself)",
    "len": "use `ops.shape(x)[0]`, which may stay unknown, or give the layer an input of known size",
    "iterate": "use `ops.map`, `ops.scan` or `ops.vectorized_map` over an axis of unknown size",
    "dimension": "use the size in arithmetic and shapes only, or give the layer an input of known size",
    "fraction": "divide sizes with `//`, which keeps a size",
    "spec": "call the layer on its input first (or build the model): the function reads its shape or dtype",
    "keras_tensor": "pass it to the layer as one of its inputs, `layer([x, y])`, and unpack it there",
    "leak": "tensors of a function that is being captured must not be kept in globals or objects",
    "global": "return the value instead: an expression has no effects outside itself",
    "mask": "keep the shape: multiply by the mask or use `ops.where(mask, x, 0)`",
    "method": "write the `keras.ops` function of that meaning",
    "shared": "write the change out of place, or copy the tensor with `.clone()` before it",
    "variable": "start it with a constant, and compute the rest from the input each time",
    "host": "it reads tensor values on the host, which a saved expression cannot do",
}
