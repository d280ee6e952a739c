"""Methods and attributes of `torch.Tensor`, by their names behind a dot."""

from __future__ import annotations

import numpy as np
from tests.vocabulary.conformance import Cases
from torch_cases import DTYPE as Dtype
from torch_cases import V, floats, halves, ints, longs, positive

# Cases of methods: the name, the tensor and the arguments.
METHOD_CASES = Cases()
m = METHOD_CASES.case
X = floats(2, 3, 4)

m(
    "float double half bfloat16 int long short char byte bool contiguous cpu requires_grad_ clone detach",
    5 * positive(2, 3),
)
m("cfloat cdouble to_dense resolve_conj resolve_neg", X)
m("to type", X, Dtype("float16"))
m("to", X, "cpu", Dtype("float64"))
m("to", X, dtype=Dtype("int32"))
m("to type_as", X, halves(2))
m("to", X, device="cpu", non_blocking=True)
m("type", X, "torch.DoubleTensor")
m("dim ndimension nelement numel element_size is_contiguous is_floating_point is_complex", X)
m("size", X, -1)
m("view reshape", X, 6, 4)
m("view reshape", X, (2, -1))
m("view", X, -1)
m("view", floats(3), Dtype("int32"))
m("view_as reshape_as", X, floats(6, 4))
m("expand", floats(3, 1), 2, 3, 4)
m("expand", floats(1, 3), (-1, 3))
m("expand_as", floats(3, 1), X)
m("repeat", floats(2, 3), 2, 1)
m("repeat", floats(3), 2, 2)
m("unfold", floats(2, 7), 1, 3, 2)
m("sum_to_size", X, 3, 1)
m("permute", X, 2, 0, 1)
m("permute", X, (1, 0, 2))
m("flip", X, 0, 1)
m("where", X, X > 0, floats(2, 3, 4))
m("new_zeros new_ones", X, 2, 3)
m("new_zeros new_ones", ints(3, 2), (2, 2), dtype=Dtype("float32"))
m("new_full", X, (2,), 3.5)
m("new_tensor", X, [1.0, 2.0])
m("transpose", X, 0, 2)
m("sum mean std var prod max min", X, 1)
m("sum mean std var max min argmax norm", X, dim=0, keepdim=True)
m("std var", X)
m("copy_", X, floats(4))
m("fill_", X, 2.0)
m("zero_", X)
m("fill_diagonal_", floats(3, 3), 7.0)
m("add_ sub_ mul_ div_", X, 2.0)
m("add_", halves(3), floats(3))
m("add_", X, floats(4), alpha=2)
m("clamp_", X, -0.1, 0.1)
m("masked_fill_", X, X > 0, 0.5)
m("unsqueeze_", X, 1)
m("squeeze_", floats(1, 3), 0)
m("transpose_ swapaxes_ swapdims_", X, 0, 1)
m("t_", floats(2, 3))
m("scatter_", np.zeros((2, 3), "float32"), 1, longs(3, 2, 1), 1.0)
m("scatter_add_ index_add_", floats(3), 0, longs(3, 3), floats(3))
m("index_copy_", floats(3, 2), 0, np.array([2, 0], "int64"), floats(2, 2))
m("index_fill_", floats(3, 2), 0, np.array([1], "int64"), 5.0)
m("scatter_reduce_", floats(3), 0, longs(3, 3), floats(3), "amax")
m("pow_", positive(3), 2)
m("lerp_", X, floats(2, 3, 4), 0.5)
m("softmax log_softmax", X, -1)
m("split chunk", X, 2, 1)
m("topk", X, 2)
m("sort argsort", X, descending=True)
m("gather", X, 1, longs(3, 2, 2, 4))
PROPERTY_CASES = {"T": floats(2, 3), "mT": X, "H": floats(2, 3), "mH": X, "data": X, "real": X,
                  "itemsize": X, "nbytes": X, "imag": V.complexes(3)}  # fmt: skip
