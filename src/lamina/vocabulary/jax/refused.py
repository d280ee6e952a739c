"""Names of JAX that no expression can stand for, and what to use instead."""

from __future__ import annotations

from collections.abc import Mapping

_KEEP_SHAPE = "the shape of its result depends on data; keep the shape and select with jnp.where(mask, x, y)"
_GRADIENT = (
    "an expression holds no derivatives of its own; train the layer through Keras, "
    "or write the derivative out as a function"
)
_CUSTOM = "its gradient would be lost; write the function so that its own gradient is the right one"
_HOST = "it runs Python while the model runs; write it with jax.numpy"
_DEVICES = "an expression knows no devices; use Keras's distribution API, or reduce over an axis"
_MEMORY = "tensors have no memory layout or device; leave it out"
_FILES = "an expression reads and writes no files; do it outside of the function and use the array"
_VALUES = "it needs the values of the tensor, which are known only when the model runs; keep the tensor"
_FUNCTION = "no operation of Keras computes it; use a formula over jax.numpy"
_ROOT = "the number of its results, or whether they are complex, depends on data"
_LOOP = "its numbers come from a rejection loop over bits; use jax.random.gamma or normal where they serve"

_GROUPS: Mapping[str, str] = {
    "numpy.argwhere numpy.flatnonzero numpy.nonzero numpy.extract numpy.unique numpy.unique_all numpy.unique_counts "
    "numpy.unique_inverse numpy.unique_values numpy.union1d numpy.intersect1d numpy.setdiff1d numpy.setxor1d "
    "numpy.trim_zeros numpy.compress_by_data": _KEEP_SHAPE,
    "grad value_and_grad vjp jvp linearize linear_transpose jacfwd jacrev jacobian hessian fwd_and_bwd "
    "lax.custom_root lax.custom_linear_solve": _GRADIENT,
    "custom_vjp custom_jvp custom_gradient": _CUSTOM,
    "pure_callback experimental.io_callback debug.callback debug.breakpoint": _HOST,
    "pmap shard_map make_mesh lax.psum lax.pmean lax.pmax lax.pmin lax.all_gather lax.all_to_all lax.axis_index "
    "lax.axis_size lax.ppermute lax.pshuffle lax.pswapaxes lax.psum_scatter lax.with_sharding_constraint": _DEVICES,
    "numpy.from_dlpack numpy.frombuffer numpy.packbits numpy.unpackbits": _MEMORY,
    "numpy.load numpy.save numpy.savez numpy.fromfile numpy.fromstring": _FILES,
    "numpy.array_repr numpy.array_str numpy.array2string device_get": _VALUES,
    "lax.bessel_i1e lax.bessel_i0e_p lax.igamma lax.igammac lax.betainc lax.polygamma lax.zeta "
    "scipy.special.i1 scipy.special.i1e scipy.special.gammainc scipy.special.gammaincc scipy.special.betainc "
    "scipy.special.polygamma scipy.special.zeta scipy.special.exp1 scipy.special.expi scipy.special.expn "
    "scipy.special.hyp1f1 scipy.special.hyp2f1 scipy.special.bessel_jn scipy.special.spence "
    "scipy.special.sph_harm_y scipy.linalg.expm scipy.linalg.sqrtm scipy.linalg.schur scipy.linalg.funm": _FUNCTION,
    "numpy.roots numpy.linalg.eig numpy.linalg.eigvals": _ROOT,
    "random.poisson random.multinomial": _LOOP,
}
_SINGLE: Mapping[str, str] = {
    "numpy.apply_along_axis": "use jax.vmap, or call the function on the whole tensor with axis=",
    "numpy.c_": "use jnp.stack(..., axis=-1) or jnp.concatenate(..., axis=-1)",
    "numpy.r_": "use jnp.concatenate or jnp.linspace",
    "numpy.mgrid": "use jnp.meshgrid(..., indexing='ij')",
    "numpy.ogrid": "use jnp.meshgrid(..., indexing='ij', sparse=True)",
    "numpy.ix_": "index one axis after the other with jnp.take",
    "numpy.frexp": "compute the exponent as jnp.floor(jnp.log2(jnp.abs(x)))",
    "numpy.spacing": "use jnp.nextafter(x, jnp.inf) - x",
    "numpy.frompyfunc": "call the function on the whole tensor",
    "numpy.fromfunction": "use jnp.meshgrid and call the function on the grid",
    "numpy.fromiter": "use jnp.stack on the list of its items",
    "numpy.histogram2d": "use jnp.histogram of bin numbers, y_bin * number + x_bin",
    "numpy.histogramdd": "use jnp.histogram of bin numbers",
    "numpy.lexsort": "use jax.lax.sort((first, second, ...), num_keys=n)",
    "numpy.fill_diagonal": "use jnp.where(jnp.eye(n, dtype=bool), value, x)",
    "numpy.place": "use jnp.where(mask, values, x)",
    "numpy.put": "use x.at[places].set(values)",
    "numpy.put_along_axis": "use x.at[places].set(values)",
    "numpy.poly": "compute the coefficients outside of the function",
    "numpy.polyfit": "use jnp.linalg.lstsq with jnp.vander",
    "numpy.polydiv": "compute the coefficients outside of the function",
    "numpy.einsum_path": "leave it out; Keras chooses the order",
    "numpy.linalg.tensorinv": "reshape to a matrix and use jnp.linalg.inv",
    "numpy.linalg.tensorsolve": "reshape to a matrix and use jnp.linalg.solve",
    "lax.gather": "use jnp.take, jnp.take_along_axis or x.at[places].get()",
    "lax.scatter": "use x.at[places].set(values)",
    "lax.scatter_add": "use x.at[places].add(values)",
    "lax.scatter_mul": "use x.at[places].multiply(values)",
    "lax.scatter_max": "use x.at[places].max(values)",
    "lax.scatter_min": "use x.at[places].min(values)",
    "lax.conv_general_dilated_local": "use jax.lax.conv_general_dilated_patches and jnp.einsum",
    "lax.ragged_dot": "use jnp.einsum with a one-hot matrix of the groups",
    "lax.rng_uniform": "use jax.random.uniform with a key",
    "lax.rng_bit_generator": "use jax.random.bits with a key",
    "nn.initializers": "make the weights outside of the function, or use keras.initializers",
    "nn.scaled_matmul": "use jnp.matmul",
    "random.key_data": "give the key itself to the functions of jax.random",
    "random.wrap_key_data": "make the key with jax.random.key(seed)",
    "random.key_impl": "leave it out; keys are those of threefry2x32",
}
REFUSED: Mapping[str, str] = {
    name: advice
    for names, advice in _GROUPS.items()
    for name in names.split()
    if not name.endswith("_by_data")
} | dict(_SINGLE)
