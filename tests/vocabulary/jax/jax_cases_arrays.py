"""Making, shaping, joining and indexing tensors; `x.at[...]` and methods; structures."""

from __future__ import annotations

import numpy as np
from jax_cases import BF16, F32, I32, bools, case, complexes, floats, halves, ints, lax, numpy, runs, variants

x, y, n, h = floats(2, 3, 4), floats(2, 3, 4), ints(9, 2, 3, 4), halves(2, 3)

for name in ("zeros", "ones"):
    variants(numpy(name), ((2, 3),), {}, {"dtype": I32}, {"dtype": BF16})
    case(numpy(name), 3)
    variants(numpy(f"{name}_like"), (h,), {}, {"dtype": F32}, {"shape": (2,)})
    runs(numpy(name), lambda jax, x, name=name: getattr(jax.numpy, name)((x.shape[0], 2)), x)
runs(
    numpy("empty empty_like"),
    lambda jax, x: jax.numpy.empty((2, 3)) * 0 + jax.numpy.empty_like(x[0, :1, :3]) * 0,
    x,
)
variants(numpy("full"), ((2, 3), 1.5), {}, {"dtype": I32})
case(numpy("full"), (2,), 3)
case(numpy("full"), (2, 3), floats(3))
case(lax("full"), (2,), 3.0)
runs(lax("empty"), lambda jax, x: jax.lax.empty((2,), "float32") * 0 + x[0, 0, :2], x)
variants(numpy("full_like"), (h, 2), {}, {"dtype": F32}, {"shape": (4,)})
case(lax("full_like"), x, 2.0)
variants(numpy("arange"), (5,), {}, {"dtype": F32})
case(numpy("arange"), 1, 6, 2)
case(numpy("arange"), 0.0, 1.0, 0.25)
runs(numpy("arange"), lambda jax, x: x + jax.numpy.arange(x.shape[-1]), x)
variants(numpy("linspace"), (0.0, 1.0), {"num": 5}, {"num": 4, "endpoint": False}, {"num": 3, "dtype": I32})
case(numpy("linspace"), floats(2), floats(2), 3, axis=1)
case(numpy("linspace"), 0, 10, 5, retstep=True)
case(numpy("logspace"), 0.0, 2.0, 4)
case(numpy("logspace"), 0.0, 2.0, 4, base=2.0, endpoint=False)
case(numpy("geomspace"), 1.0, 100.0, 4)
case(numpy("eye"), 3)
case(numpy("eye"), 3, 4, k=1, dtype=I32)
case(numpy("identity"), 3)
case(numpy("tri"), 3, 4, k=1)
case(numpy("tri"), 3)
for name in "hanning hamming blackman bartlett".split():
    case(numpy(name), 6)
case(numpy("kaiser"), 6, 2.0)
for name in "tril_indices triu_indices".split():
    runs(numpy(name), lambda jax, x, name=name: x[0, 0][getattr(jax.numpy, name)(3, k=1)[0]], x)
runs(numpy("diag_indices"), lambda jax, x: x[0].at[jax.numpy.diag_indices(3)].set(0.0), x)
runs(numpy("tril_indices"), lambda jax, x: x[0, :, :3].at[jax.numpy.tril_indices(3)].add(1.0), x)
case(numpy("indices"), (2, 3))
case(numpy("indices"), (2, 3), sparse=True)
case(numpy("copy"), x)

variants(numpy("reshape"), (x, (4, 6)), {}, {"order": "F"})
case(numpy("reshape"), x, (2, -1))
case(numpy("reshape"), x, -1)
variants(numpy("ravel"), (x,), {}, {"order": "F"})
case(numpy("transpose permute_dims"), x, (2, 0, 1))
case(numpy("transpose"), x)
case(numpy("matrix_transpose"), x)
case(numpy("swapaxes"), x, 0, -1)
case(numpy("moveaxis"), x, 0, -1)
case(numpy("rollaxis"), x, 2)
case(numpy("squeeze"), floats(1, 2, 1))
case(numpy("squeeze"), floats(1, 2, 1), axis=0)
case(numpy("expand_dims"), x, 1)
case(numpy("expand_dims"), x, (0, -1))
case(numpy("broadcast_to"), floats(3, 1), (2, 3, 4))
case(numpy("broadcast_arrays"), floats(3, 1), floats(4))
runs(
    numpy("broadcast_shapes"),
    lambda jax, x: jax.numpy.zeros(jax.numpy.broadcast_shapes((3, 1), (2, 1, 4))),
    x,
)
runs(lax("broadcast_shapes"), lambda jax, x: jax.numpy.ones(jax.lax.broadcast_shapes((3, 1), (1, 4))), x)
case(numpy("atleast_1d atleast_2d atleast_3d"), floats(3))
case(numpy("concatenate concat"), [x, y])
case(numpy("concatenate concat"), [x, y], axis=-1)
case(numpy("concatenate"), [x, n], axis=None)
case(numpy("concatenate"), [h, h.astype("float32")], axis=1)
case(numpy("stack"), [x, y])
case(numpy("stack"), [x, y], axis=-1)
runs(numpy("stack"), lambda jax, x: jax.numpy.stack([x[0, 0, 0], 1.0, x[1, 0, 0]]), x)
case(numpy("hstack vstack dstack column_stack"), [floats(3), floats(3)])
case(numpy("hstack vstack dstack"), [x, y])
case(numpy("append"), x, y, axis=1)
case(numpy("append"), x, y)
case(numpy("block"), [[floats(2, 2), floats(2, 1)], [floats(1, 2), floats(1, 1)]])
case(numpy("split"), x, 2, axis=2)
case(numpy("split"), x, [1, 3], axis=2)
case(numpy("array_split"), x, 3, axis=2)
case(numpy("hsplit"), x, 3)
case(numpy("vsplit"), x, 2)
case(numpy("dsplit"), x, 2)
case(numpy("unstack"), x, axis=1)
case(numpy("tile"), x, (2, 1, 1))
case(numpy("tile"), floats(3), 2)
case(numpy("repeat"), x, 2, axis=1)
case(numpy("repeat"), floats(3), 2)
case(numpy("flip"), x)
case(numpy("flip"), x, axis=(0, 2))
case(numpy("flipud fliplr"), x)
case(numpy("roll"), x, 1)
case(numpy("roll"), x, (1, 2), axis=(0, 2))
case(numpy("rot90"), x)
case(numpy("rot90"), x, k=3, axes=(1, 2))
for mode in "constant edge reflect symmetric wrap maximum mean".split():
    case(numpy("pad"), x, ((0, 0), (1, 2), (2, 0)), mode=mode)
case(numpy("pad"), x, 1, constant_values=2.0)
case(numpy("meshgrid"), floats(3), floats(2))
variants(numpy("meshgrid"), (floats(3), floats(2)), {"indexing": "ij"}, {"sparse": True})
case(numpy("diag"), floats(3))
case(numpy("diag"), floats(3, 3), k=1)
case(numpy("diagflat"), floats(3))
case(numpy("diagonal"), x)
case(numpy("diagonal"), x, offset=1, axis1=1, axis2=2)
case(numpy("tril triu"), x)
case(numpy("tril triu"), x, k=1)
case(numpy("trace"), x)
case(numpy("vander"), floats(3))
case(numpy("resize"), floats(3), (2, 4))
case(numpy("delete"), x, 1, axis=1)
case(numpy("insert"), x, 1, 5.0, axis=1)
case(numpy("take"), x, np.array([[0, 1], [2, -1]], "int32"), axis=1)
case(numpy("take"), x, np.array([0, 7, -9], "int32"), axis=1)
case(numpy("take"), n, np.array([0, 7], "int32"), axis=1)
case(numpy("take"), x, np.array([0, 7, 30], "int32"))
variants(numpy("take"), (x, np.array([0, 7, -1], "int32")), {"axis": 1, "mode": "clip"}, {"axis": 2, "mode": "wrap"},
         {"axis": 1, "mode": "fill", "fill_value": 7.0})  # fmt: skip
runs(numpy("take"), lambda jax, x: jax.numpy.take(x, np.array([0, 2]), axis=2), x)
case(numpy("take_along_axis"), x, ints(3, 2, 1, 4), axis=1)
case(numpy("take_along_axis"), x, ints(4, 2, 3, 2), -1)
case(numpy("take_along_axis"), x, np.full((2, 3, 1), 9, "int32"), -1)
case(numpy("take_along_axis"), x, ints(20, 5), None)
case(numpy("choose"), ints(2, 3), [floats(3), floats(3)], mode="clip")
runs(numpy("compress"), lambda jax, x: jax.numpy.compress(np.array([True, False, True]), x, axis=1), x)
case(numpy("piecewise"), floats(4), [bools(4)], [1.0, -1.0])
case(numpy("unravel_index"), ints(12, 3), (3, 4))
case(numpy("ravel_multi_index"), (ints(3, 4), ints(4, 4)), (3, 4), mode="clip")
runs(
    numpy("shape size ndim"),
    lambda jax, x: x * jax.numpy.size(x) + jax.numpy.ndim(x) + jax.numpy.shape(x)[1],
    x,
)
runs(numpy("vectorize"), lambda jax, x: jax.numpy.vectorize(lambda a, b: a * b + 1)(x, 2.0), x)
case(numpy("dot matmul inner"), floats(3, 4), floats(4))
case(numpy("dot matmul"), floats(2, 3, 4), floats(4, 5))
case(numpy("matmul"), ints(5, 2, 3), ints(5, 3, 4))
case(numpy("matmul"), halves(2, 3), halves(3, 4))
case(numpy("outer vdot kron"), floats(3), floats(3))
case(numpy("kron"), floats(2, 2), floats(2, 3))
case(numpy("cross"), floats(2, 3), floats(2, 3))
case(numpy("vecdot"), x, y)
case(numpy("matvec"), x, floats(4))
case(numpy("vecmat"), floats(3), floats(3, 4))
case(numpy("tensordot"), x, floats(3, 4, 2))
case(numpy("tensordot"), x, floats(4, 5), axes=1)
case(numpy("einsum"), "bij,bkj->bik", x, y)
case(numpy("einsum"), "...j->...", x)
case(numpy("einsum"), "ii", floats(3, 3))

# Indexing itself
i, j = np.array([0, 2, 1], "int32"), np.array([1, 3, 0], "int32")
runs(numpy("array"), lambda jax, x: x[0, ::2, None, ..., 1:], x)
runs(numpy("array"), lambda jax, x: x[:, ::-1], x)
runs(numpy("array"), lambda jax, x, i: x[:, i], x, i)

# x.at
_AT = {
    "int": lambda x, i, j: x.at[0],
    "range": lambda x, i, j: x.at[:, 1:],
    "mixed": lambda x, i, j: x.at[..., -1],
    "steps": lambda x, i, j: x.at[:, :, ::2],
    "turned": lambda x, i, j: x.at[:, ::-1],
    "array": lambda x, i, j: x.at[:, i],
    "repeated": lambda x, i, j: x.at[:, np.array([0, 0, 2])],
    "places": lambda x, i, j: x.at[:, i, j],
    "negative": lambda x, i, j: x.at[..., np.array([-1, 0])],
    "outside": lambda x, i, j: x.at[:, np.array([0, 5])],
    "dynamic outside": lambda x, i, j: x.at[:, i + 1],
    "scalar": lambda x, i, j: x.at[:, i[0]],
    "ranges": lambda x, i, j: x.at[1:, i],
    "apart": lambda x, i, j: x.at[np.array([0, 1]), :, np.array([1, 2])],
    "rows": lambda x, i, j: x.at[np.arange(2)[:, None], i[None, :2]],
}
for key, at in _AT.items():
    unique = key not in ("repeated", "turned")
    for update in ("set", "add", "subtract", "multiply", "divide", "min", "max", "power"):
        if update == "set" and key == "repeated":
            continue
        value = 2.0 if update in ("set", "power", "divide") else 0.5
        runs("at", lambda jax, x, i, j, at=at, u=update, v=value: getattr(at(abs(x), i, j), u)(v), x, i, j)
    runs("at", lambda jax, x, i, j, at=at: at(x, i, j).add(at(x, i, j).get(mode="clip") * 2), x, i, j)
    runs("at", lambda jax, x, i, j, at=at: at(x, i, j).get(), x, i, j)
    runs("at", lambda jax, x, i, j, at=at: at(x, i, j).get(mode="fill", fill_value=-1.0), x, i, j)
    if key not in ("repeated",):
        runs("at", lambda jax, x, i, j, at=at: at(x, i, j).apply(lambda v: v * v), x, i, j)
runs("at", lambda jax, x, v: x.at[:, 0].set(v), x, floats(2, 4))
runs("at", lambda jax, x, v: x.at[:, 0, None].set(v), x, floats(2, 1, 4))
runs("at", lambda jax, x, m: x.at[m].set(0.0), x, bools(2, 3, 4))
runs("at", lambda jax, x, m: x.at[m].multiply(2.0), x, bools(2, 3))
runs("at", lambda jax, x: x.at[np.array([True, False])].add(1.0), x)
runs("at", lambda jax, n: n.at[0].set(7).at[:, 1].add(2.7), n)
runs("at", lambda jax, x: x.at[:, np.array([0, 9])].set(3.0, mode="clip"), x)
runs("at", lambda jax, x: x.at[...].set(1.0), x)
runs("at", lambda jax, x: x.at[:, 5:].set(1.0), x)

_METHODS = {
    "astype": lambda jax, x: x.astype("int32") + x.astype(jax.numpy.bfloat16).astype(int),
    "reductions": lambda jax, x: (
        x.sum(1) + x.mean(axis=1) + x.max(1) - x.min(axis=1) + x.std(1) + x.var(1) + x.prod(1)
    ),
    "keepdims": lambda jax, x: x.sum(axis=-1, keepdims=True) * x.mean(-1, keepdims=True),
    "shape": lambda jax, x: x.reshape(x.shape[0], -1).T + x.ndim + x.size + x.shape[1],
    "transpose": lambda jax, x: x.transpose(1, 0, 2).swapaxes(0, 1).mT,
    "ravel": lambda jax, x: x.ravel() * x.flatten() + x.reshape(-1),
    "order": lambda jax, x: x.argsort(axis=1) + x.argmax(1)[:, None] + x.argmin(axis=1)[:, None],
    "sort": lambda jax, x: x.sort(axis=1),
    "cumulative": lambda jax, x: x.cumsum(axis=1) + x.cumprod(axis=1) + x.clip(-1, 1) + x.round(1),
    "places": lambda jax, x: x.take(np.array([0, 1]), axis=1).repeat(2, axis=1) + x.squeeze()[:, :1],
    "same": lambda jax, x: x.block_until_ready() + x.copy() + x.clone(),
    "products": lambda jax, x: x.dot(np.ones(4, "float32")) + x.trace()[:3],
    "logical": lambda jax, x: (x > 0).any(1) & (x < 2).all(axis=1),
    "dtype": lambda jax, x: x * (x.dtype == jax.numpy.float32) + jax.numpy.zeros((), x.dtype),
    "weak": lambda jax, x: x * (1 + bool(x.weak_type)),
}
for method in _METHODS.values():
    runs("methods", method, floats(3, 3, 4))

# jax.lax
case(lax("broadcast"), floats(3), (2, 4))
case(lax("broadcast_in_dim"), floats(3, 1), (2, 3, 4), (1, 2))
case(lax("broadcast_to_rank"), floats(3), 3)
case(lax("broadcasted_iota"), I32, (2, 3), 1)
case(lax("iota"), F32, 4)
case(lax("collapse"), x, 1)
case(lax("collapse"), x, 0, 2)
case(lax("concatenate"), [x, y], 1)
case(lax("expand_dims"), x, (0, 2))
case(lax("reshape"), x, (6, 4))
case(lax("reshape"), x, (6, 4), (1, 0, 2))
case(lax("squeeze"), floats(1, 2, 1), (0,))
case(lax("transpose"), x, (2, 0, 1))
case(lax("rev"), x, (0, 2))
case(lax("split"), x, (1, 2), 1)
case(lax("stack"), [x, y], 1)
case(lax("unstack"), x, 1)
case(lax("tile"), x, (1, 2, 1))
case(lax("pad"), x, 0.5, ((0, 0, 0), (1, 2, 0), (0, 1, 2)))
case(lax("pad"), x, 0.5, ((0, 0, 0), (-1, 1, 0), (1, -2, 1)))
case(lax("pad"), n, 7, ((1, 0, 0), (0, 0, 1), (0, 0, 0)))
case(lax("slice"), x, (0, 1, 0), (2, 3, 4))
case(lax("slice"), x, (0, 0, 0), (2, 3, 4), (1, 1, 2))
case(lax("slice_in_dim"), x, 1, 3, axis=2)
case(lax("slice_in_dim"), x, 0, 4, 2, 2)
case(lax("index_in_dim"), x, 1, 2)
case(lax("index_in_dim"), x, -1, 1, keepdims=False)
starts = np.array([1, 2, -1], "int32")
case(lax("dynamic_slice"), x, (0, 1, 2), (1, 2, 2))
case(lax("dynamic_slice"), x, (0, 9, -1), (1, 2, 2))
case(lax("dynamic_slice"), x, starts, (1, 2, 3))
runs(lax("dynamic_slice"), lambda jax, x, s: jax.lax.dynamic_slice(x, (s[0], 0, s[2]), (2, 2, 2)), x, starts)
case(lax("dynamic_slice_in_dim"), x, 1, 2, 2)
runs(
    lax("dynamic_slice_in_dim"), lambda jax, x, s: jax.lax.dynamic_slice_in_dim(x, s[1], 2, axis=1), x, starts
)
case(lax("dynamic_index_in_dim"), x, 9, 1)
runs(
    lax("dynamic_index_in_dim"), lambda jax, x, s: jax.lax.dynamic_index_in_dim(x, s[0], 1, False), x, starts
)
case(lax("dynamic_update_slice"), x, floats(1, 2, 2), (1, 9, 1))
case(lax("dynamic_update_slice"), x, floats(1, 2, 2), starts)
case(lax("dynamic_update_slice_in_dim"), x, floats(2, 1, 4), 2, 1)
runs(lax("dynamic_update_slice_in_dim"),
     lambda jax, x, v, s: jax.lax.dynamic_update_slice_in_dim(x, v, s[1], 1), x, floats(2, 1, 4), starts)  # fmt: skip
case(lax("dynamic_update_index_in_dim"), x, floats(2, 4), 1, 1)
runs(lax("dynamic_update_index_in_dim"),
     lambda jax, x, v, s: jax.lax.dynamic_update_index_in_dim(x, v, s[0], 1), x, floats(2, 1, 4), starts)  # fmt: skip
case(lax("dot_general"), x, floats(2, 4, 5), (((2,), (1,)), ((0,), (0,))))
case(lax("dot_general"), ints(4, 2, 3), ints(4, 3, 2), (((1,), (0,)), ((), ())))
case(lax("dot_general"), halves(2, 3), halves(3, 2), (((1,), (0,)), ((), ())), preferred_element_type=F32)
case(lax("dot"), floats(2, 3), floats(3, 4))
case(lax("dot"), floats(3), floats(3))
case(lax("batch_matmul"), x, floats(2, 4, 5))
runs(lax("index_take"), lambda jax, x, i: jax.lax.index_take(x, (i,), (0,)), floats(3), i)
runs(lax("shape_as_value"), lambda jax, x: jax.lax.shape_as_value(x.shape) + 0, x)

fft = " ".join(f"numpy.fft.{name}" for name in "fft ifft fft2 ifft2 fftn ifftn".split())
case(fft, complexes(4, 4))
case(fft, floats(4, 4), norm="ortho")
case("numpy.fft.rfft numpy.fft.rfft2 numpy.fft.rfftn numpy.fft.ihfft", floats(4, 4))
case("numpy.fft.irfft numpy.fft.irfft2 numpy.fft.irfftn numpy.fft.hfft", complexes(4, 3))
case("numpy.fft.fft numpy.fft.rfft", floats(4, 6), n=4, axis=1)
case("numpy.fft.fftshift numpy.fft.ifftshift", floats(4, 5))
case("numpy.fft.fftshift", floats(4, 5), axes=1)
case("numpy.fft.fftfreq numpy.fft.rfftfreq", 6)
case("numpy.fft.fftfreq numpy.fft.rfftfreq", 5, d=0.5)
for kind, value in (
    ("FFT", complexes(2, 4)),
    ("IFFT", complexes(2, 4)),
    ("RFFT", floats(2, 4)),
    ("IRFFT", complexes(2, 3)),
):
    case(lax("fft"), value, kind, (4,))

tree = {"b": (floats(2), [floats(3)]), "a": floats(2)}
for where in ("tree.", "tree_util.tree_"):
    case(f"{where}leaves", tree)
    runs(f"{where}map", lambda jax, x, y, where=where: _find(jax, f"{where}map")(
        lambda a, b: a + b, {"p": x, "q": (y, None)}, {"p": y, "q": (x, None)}), x, y)  # fmt: skip
    runs(f"{where}flatten {where}unflatten", lambda jax, x, y, where=where: (
        lambda found: _find(jax, f"{where}unflatten")(found[1], [2 * a for a in found[0]]))(
        _find(jax, f"{where}flatten")({"p": x, "q": [y]})), x, y)  # fmt: skip
    runs(f"{where}reduce", lambda jax, x, y, where=where: _find(jax, f"{where}reduce")(
        lambda a, b: a + b.sum(), {"p": x, "q": [y]}, 0.0), x, y)  # fmt: skip
    runs(f"{where}all", lambda jax, x, where=where: x * bool(_find(jax, f"{where}all")([True, 1])), x)
    runs(f"{where}structure", lambda jax, x, y, where=where: _find(jax, f"{where}unflatten")(
        _find(jax, f"{where}structure")((1, {"k": 2})), [x, y]), x, y)  # fmt: skip
    runs(f"{where}transpose", lambda jax, x, y, where=where: _find(jax, f"{where}transpose")(
        _find(jax, f"{where}structure")([0, 0]), _find(jax, f"{where}structure")({"a": 0, "b": 0}),
        [{"a": x, "b": y}, {"a": y, "b": x}]), x, y)  # fmt: skip


def _find(root, name):
    for part in name.split("."):
        root = getattr(root, part)
    return root


for name in "segment_sum segment_prod segment_max segment_min".split():
    case(f"ops.{name}", floats(6, 2), np.array([0, 0, 1, 2, 2, 2], "int32"), 3)
    case(f"ops.{name}", ints(9, 6), np.array([2, 0, 1, 0, 2, 2], "int32"), num_segments=3)
