"""Making, joining, moving, indexing."""

from __future__ import annotations

import numpy as np
from torch_cases import DTYPE as Dtype
from torch_cases import bools, case, complexes, floats, halves, ints, longs, runs, variants

X = floats(2, 3, 4)
case("cat concat concatenate", [floats(2, 3), floats(1, 3)])
case("cat", [floats(2, 3), floats(2, 2)], -1)
case("cat stack", [ints(4, 2), floats(2)])
case("cat", [halves(2), floats(2)], dim=0)
case("stack", [floats(2, 3), floats(2, 3)], -1)
case("hstack vstack dstack column_stack row_stack", [floats(3), floats(3)])
case("hstack vstack dstack column_stack", [floats(3, 2), floats(3, 2)])
case("atleast_1d atleast_2d atleast_3d", floats())
case("atleast_1d atleast_2d atleast_3d", floats(2))
case("atleast_1d atleast_2d atleast_3d", floats(2, 3))
case("atleast_2d", [floats(), floats(2)])
case("split", floats(5, 2), 2)
case("split split_with_sizes unsafe_split_with_sizes", floats(5, 6), [1, 4], 0)
case("split", floats(5, 6), [2, 4], dim=1)
case("unsafe_split", floats(5, 6), 3, 1)
case("chunk unsafe_chunk", floats(5, 6), 3)
case("chunk", floats(5, 6), 4, dim=-1)
case("tensor_split", floats(7, 2), 3)
case("tensor_split", floats(7, 2), (1, 4))
case("hsplit vsplit", floats(4, 6), 2)
case("hsplit", floats(6), [2, 3])
case("dsplit", floats(2, 2, 4), 2)
case("unbind", floats(2, 3))
case("unbind", floats(2, 3), 1)
case("block_diag", floats(2, 3), floats(1, 1), floats(2))
case("narrow", floats(2, 5), 1, 1, 3)
case("narrow", floats(5, 2), 0, -3, 2)
case("select", X, 1, 2)
case("select", X, -1, -1)
case("movedim moveaxis", X, 0, 2)
case("movedim", X, (0, 1), (2, 0))
case("transpose swapaxes swapdims", X, 0, 1)
case("transpose", X, -1, -2)
case("t", floats(2, 3))
case("t", floats(3))
case("adjoint", X)
case("adjoint", complexes(2, 3))
case("permute", X, (2, 0, 1))
case("permute", X, (-1, 0, 1))
case("reshape", X, (6, -1))
case("reshape", X, [24])
case("flatten", X)
case("flatten", X, 1)
case("flatten", X, 0, 1)
case("flatten", floats())
case("ravel", X)
case("unflatten", floats(2, 12), 1, (3, -1))
case("unsqueeze", X, 1)
case("unsqueeze", X, -1)
case("squeeze", floats(1, 2, 1))
case("squeeze", floats(1, 2, 1), 0)
case("squeeze", floats(1, 2, 1), (0, 1))
case("broadcast_to", floats(3), (2, 3))
case("broadcast_tensors", floats(2, 1), floats(3))
runs("broadcast_shapes", lambda torch, x: x.expand(torch.broadcast_shapes((2, 1), (1, 3))), floats(1, 3))
case("tile", floats(2, 3), (2,))
case("tile", floats(2, 3), (2, 1, 2))
case("repeat_interleave", floats(2, 3), 2)
case("repeat_interleave", floats(2, 3), 2, dim=1)
case("roll", floats(2, 3), 1)
case("roll", floats(2, 3), (1, -1), (0, 1))
case("flip", X, (0, 2))
case("flip", X, [-1])
case("fliplr flipud", floats(2, 3))
case("rot90", floats(2, 3))
case("rot90", X, 3, [1, 2])
case("meshgrid", floats(2), floats(3), indexing="ij")
case("meshgrid", floats(2), floats(3), indexing="xy")
case("cartesian_prod", ints(4, 2), ints(5, 3))
case("view_as_real", complexes(3))
case("view_as_complex", floats(3, 2))
case("clone detach", X)
runs("numel", lambda torch, x: x / torch.numel(x), X)
case("numel", X)

runs(
    "nn.Parameter nn.parameter.Parameter",
    lambda torch, x: (x * torch.nn.Parameter(torch.full((2,), 2.0))).detach(),
    floats(3, 2),
)
runs("tensor as_tensor", lambda torch, x: x + torch.tensor([1.0, 2.0]), floats(2))
runs(
    "tensor",
    lambda torch, x: (
        torch.tensor(3),
        torch.tensor([[True, False]]),
        torch.tensor([1, 2], dtype=torch.int16),
    ),
    X,
)
runs("as_tensor", lambda torch, x: torch.as_tensor(x, dtype=torch.float16), floats(3))
runs("asarray", lambda torch, x: torch.asarray([1.5, 2.0]) * x, floats(2))
runs("from_numpy", lambda torch, x: torch.from_numpy(np.arange(3.0)) + x, floats(3).astype("float64"))
runs("scalar_tensor", lambda torch, x: torch.scalar_tensor(3), X)
for name in ("zeros", "ones"):
    runs(name, lambda torch, x, n=name: getattr(torch, n)(2, 3), X)
    runs(name, lambda torch, x, n=name: getattr(torch, n)((2, x.shape[1]), dtype=torch.int32), X)
    runs(name, lambda torch, x, n=name: getattr(torch, n)(x.shape[:2], device=x.device, dtype=x.dtype), X)
case("zeros_like ones_like", ints(4, 2, 3))
case("zeros_like ones_like", X, dtype=Dtype("int64"))
runs("full", lambda torch, x: (torch.full((2,), 3), torch.full((2,), 1.5), torch.full((x.size(0),), True)), X)
case("full_like", X, 2)
case("full_like", ints(3, 2), 7, dtype=Dtype("float32"))
runs("eye", lambda torch, x: (torch.eye(3), torch.eye(2, 3, dtype=torch.int64), torch.eye(x.size(1))), X)
runs("arange", lambda torch, x: (torch.arange(5), torch.arange(1, 7, 2), torch.arange(0.0, 1.0, 0.25)), X)
runs("arange", lambda torch, x: torch.arange(x.shape[1], dtype=torch.float32) + torch.arange(x.size(1)), X)
runs("range", lambda torch, x: torch.range(1, 4) + torch.range(0, 1.5, 0.5), X)
runs("linspace", lambda torch, x: (torch.linspace(0, 1, 5), torch.linspace(-1.0, 1.0, steps=3)), X)
runs("logspace", lambda torch, x: torch.logspace(0, 2, 3) + torch.logspace(0, 1, 3, base=2.0), X)
runs(
    "tril_indices triu_indices", lambda torch, x: (torch.tril_indices(3, 3, -1), torch.triu_indices(2, 4)), X
)
case("combinations", floats(4))
case("combinations", ints(9, 3), 2, True)
case("vander", floats(3))
case("vander", floats(3), 2, True)
case("linalg.vander", floats(3), N=4)
for name in "hann_window hamming_window blackman_window bartlett_window kaiser_window".split():
    runs(name, lambda torch, x, n=name: getattr(torch, n)(8), X)
    runs(name, lambda torch, x, n=name: getattr(torch, n)(7, periodic=False), X)

INDEX = longs(3, 2, 2, 4)
case("index_select", X, 1, np.array([2, 0], "int64"))
case("index_select", X, -1, np.array([1], "int32"))
case("take", X, np.array([[0, 5], [-1, 3]], "int64"))
case("gather", X, 1, INDEX)
case("gather", X, 2, longs(4, 1, 2, 3))
case("take_along_dim", X, longs(3, 2, 1, 4), 1)
case("take_along_dim", X, longs(9, 5))
ZERO = np.zeros((2, 3, 4), "float32")
PERM = np.argsort(floats(2, 3, 4), axis=1)[:, :2]
case("scatter", ZERO, 1, PERM, floats(2, 2, 4))
case("scatter", ZERO, 1, PERM, 2.5)
runs("scatter", lambda torch, x, i, s: x.scatter(1, i, s, reduce="add"), X, INDEX, floats(2, 2, 4))
case("scatter_add", X, 1, INDEX, floats(2, 3, 4))
for reduce in "sum prod mean amax amin".split():
    case("scatter_reduce", X, 1, INDEX, floats(2, 2, 4), reduce=reduce)
    case("scatter_reduce", X, 1, INDEX, floats(2, 2, 4), reduce, include_self=False)
case("index_add", X, 1, np.array([0, 2, 0], "int64"), floats(2, 3, 4))
case("index_add", X, 0, np.array([1], "int64"), floats(1, 3, 4), alpha=2)
case("index_copy", X, 1, np.array([2, 0], "int64"), floats(2, 2, 4))
case("index_fill", X, 2, np.array([1, 3], "int64"), -1.0)
case("select_scatter", X, floats(2, 4), 1, 1)
case("slice_scatter", X, floats(2, 3, 2), 2, 1, 3)
case("slice_scatter", X, floats(2, 3, 2), dim=2, start=0, end=4, step=2)
case("masked_scatter", X, bools(2, 3, 4), floats(24))
case("diagonal", floats(3, 4))
case("diagonal", X, 1, 1, 2)
case("diag", floats(3))
case("diag", floats(3, 4), 1)
case("diagflat", floats(2, 2), 1)
case("diag_embed", floats(2, 3))
variants("diag_embed", (floats(2, 3),), {"offset": 1}, {"offset": -2, "dim1": 0, "dim2": 2})
case("tril triu", floats(3, 4))
case("tril triu", ints(9, 2, 3, 3), -1)
case("tril triu", bools(3, 3), 1)
case("trace", floats(3, 3))
case("trace", ints(9, 3, 3))
case("unravel_index", np.array([5, 7, 11], "int64"), (3, 4))
case("nn.functional.embedding", longs(5, 2, 3), floats(5, 4))
case("nn.functional.embedding", longs(5, 2, 3), floats(5, 4), padding_idx=1)
case("nn.functional.one_hot", longs(4, 2, 3), 4)
case("nn.functional.one_hot", longs(4, 5), num_classes=6)

# Transforms and modes
runs(
    "vmap func.vmap",
    lambda torch, x, y: torch.vmap(lambda a, b: (a * b).sum())(x, y),
    floats(3, 4),
    floats(3, 4),
)
runs(
    "vmap",
    lambda torch, x, w: torch.vmap(torch.matmul, in_dims=(0, None), out_dims=1)(x, w),
    floats(3, 4),
    floats(4, 2),
)
runs("func.vmap", lambda torch, x: torch.func.vmap(lambda a: a.cumsum(0), in_dims=1)(x), floats(3, 4))
runs("cond", lambda torch, x: torch.cond(x.sum() > 0, lambda a: a * 2, lambda a: a - 1, (x,)), floats(3))
runs("_higher_order_ops.while_loop",
     lambda torch, x: torch._higher_order_ops.while_loop(
         lambda i, a: i < 3, lambda i, a: (i + 1, a * 2.0), (torch.tensor(0), x))[1], floats(3))  # fmt: skip


def in_modes(torch, x):
    with torch.no_grad():
        y = x * 2
    with torch.enable_grad(), torch.set_grad_enabled(False):
        y = y + 1
    with torch.inference_mode():
        z = y.exp()
    return z if not torch.is_grad_enabled() or not torch.cuda.is_available() else y


runs(
    "no_grad enable_grad set_grad_enabled inference_mode is_grad_enabled cuda.is_available",
    in_modes,
    floats(3),
)
runs(
    "backends.mps.is_available",
    lambda torch, x: x + (1.0 if torch.backends.mps.is_available() else 0.0),
    floats(2),
)
runs("no_grad", lambda torch, x: torch.no_grad()(torch.sin)(x), floats(3))


def cast_modes(torch, x):
    with torch.autocast("cpu", enabled=False), torch.amp.autocast("cpu", enabled=False):
        return x.exp()


runs("autocast amp.autocast", cast_modes, floats(3))
runs("compile", lambda torch, x: torch.compile(torch.exp, backend="eager", disable=True)(x), floats(2))


def twice(x):
    return x * 2


for name in "script ignore export".split():
    runs(f"jit.{name}", lambda torch, x, n=name: getattr(torch.jit, n)(twice)(x), floats(2))
runs("jit.trace", lambda torch, x: torch.jit.trace(twice, (x,))(x), floats(2))


def seeded(torch, x):
    for seed in (
        torch.manual_seed,
        torch.random.manual_seed,
        torch.cuda.manual_seed,
        torch.cuda.manual_seed_all,
    ):
        seed(1)
    return x


runs("manual_seed random.manual_seed cuda.manual_seed cuda.manual_seed_all", seeded, floats(2))
runs("seed", lambda torch, x: (torch.seed(), x)[1], floats(2))
runs("utils.checkpoint.checkpoint",
     lambda torch, x: torch.utils.checkpoint.checkpoint(torch.sin, x, use_reentrant=False), floats(3))  # fmt: skip
