"""Names of NumPy that no expression can stand for, and what to use instead."""

from __future__ import annotations

from collections.abc import Mapping

_KEEP_SHAPE = "the shape of its result depends on data; keep the shape and select with np.where(mask, x, y)"
_IN_PLACE = "it writes into its argument; use the result of np.where(mask, x, y) instead"
_VALUES = "it needs the values of the tensor, which are known only when the model runs; keep the tensor"
_MEMORY = "tensors have no memory layout; leave it out"
_FILES = "an expression reads and writes no files; do it outside of the function and use the array"
_OBJECTS = "only numbers can be in a tensor; prepare the data outside of the function"
_RANDOM = "use keras.random.{}, whose seed the layer keeps"

_GROUPS: Mapping[str, str] = {
    "argwhere flatnonzero nonzero extract trim_zeros unique unique_all unique_counts unique_inverse "
    "unique_values intersect1d setdiff1d setxor1d union1d ndarray.nonzero": _KEEP_SHAPE,
    "copyto fill_diagonal place put put_along_axis putmask ndarray.fill ndarray.partition ndarray.put "
    "ndarray.resize ndarray.setfield ndarray.setflags ndarray.itemset": _IN_PLACE,
    "asscalar array2string array_repr array_str base_repr binary_repr format_float_positional "
    "format_float_scientific ndarray.item ndarray.tolist ndarray.tobytes ndarray.tostring": _VALUES,
    "asfortranarray require may_share_memory shares_memory byte_bounds lib.stride_tricks.as_strided "
    "ndarray.base ndarray.byteswap ndarray.ctypes ndarray.data ndarray.flags ndarray.getfield "
    "ndarray.itemsize ndarray.nbytes ndarray.newbyteorder ndarray.strides ndarray.device": _MEMORY,
    "fromfile fromregex genfromtxt load loadtxt memmap save savetxt savez savez_compressed ndarray.dump "
    "ndarray.dumps ndarray.tofile": _FILES,
    "asmatrix bmat busday_count busday_offset "
    "datetime64 datetime_as_string frombuffer "
    "fromstring is_busday mat matrix packbits timedelta64 unpackbits void object_ str_ bytes_": _OBJECTS,
}

_SINGLE: Mapping[str, str] = {
    "apply_along_axis": "use keras.ops.vectorized_map, or call the function on the whole tensor with axis=",
    "bincount": "the size of its result depends on data; sum keras.ops.one_hot(x, num_classes) over the axis",
    "c_": "use np.stack(..., axis=-1) or np.concatenate(..., axis=-1)",
    "r_": "use np.concatenate or np.linspace",
    "mgrid": "use np.meshgrid(..., indexing='ij')",
    "ogrid": "use np.meshgrid(..., indexing='ij', sparse=True)",
    "ix_": "index one axis after the other with np.take",
    "frexp": "compute the exponent as np.floor(np.log2(np.abs(x)))",
    "spacing": "use np.nextafter(x, np.inf) - x",
    "frompyfunc": "call the function on the whole tensor",
    "vectorize": "call the function on the whole tensor, or use keras.ops.vectorized_map",
    "fromfunction": "use np.meshgrid and call the function on the grid",
    "fromiter": "use np.stack on the list of its items",
    "histogram2d": "use np.histogram of bin numbers, y_bin * number + x_bin",
    "histogramdd": "use np.histogram of bin numbers",
    "lexsort": "sort by one key with np.argsort",
    "ma": "masked arrays are not tensors; use np.where(mask, x, y)",
    "msort": "use np.sort(x, axis=0)",
    "nditer": "call functions on the whole tensor",
    "ndenumerate": "call functions on the whole tensor",
    "ndindex": "call functions on the whole tensor",
    "poly": "compute the coefficients outside of the function",
    "poly1d": "use np.polyval with the coefficients",
    "polyfit": "use np.linalg.lstsq with np.vander",
    "real_if_close": "use np.real",
    "roots": "use np.polyval to evaluate a polynomial; its roots have no counterpart",
    "linalg.eig": "whether its result is complex depends on data; use np.linalg.eigh for symmetric matrices",
    "linalg.eigvals": "whether its result is complex depends on data; use np.linalg.eigvalsh",
    "linalg.tensorinv": "reshape to a matrix and use np.linalg.inv",
    "linalg.tensorsolve": "reshape to a matrix and use np.linalg.solve",
    "ndarray.flat": "use ravel()",
    "ndarray.sort": "it sorts in place and returns None; use np.sort(x)",
    "ndarray.view": "cast with astype, or use keras.ops.view to keep the bits",
}

# What to use of `keras.random` for each function of `numpy.random` and method of its generators.
_RANDOM_FUNCTIONS: Mapping[str, str] = {
    "uniform": "rand random random_sample ranf sample uniform",
    "normal": "randn normal standard_normal multivariate_normal",
    "randint": "randint integers random_integers",
    "shuffle": "shuffle permutation permuted",
    "categorical": "choice multinomial",
    "binomial": "binomial",
    "gamma": "gamma standard_gamma chisquare exponential standard_exponential dirichlet",
    "beta": "beta",
    "SeedGenerator": "seed default_rng RandomState Generator get_state set_state SeedSequence",
    "uniform, and transform its result": "laplace gumbel logistic lognormal pareto poisson power rayleigh "
    "triangular vonmises wald weibull zipf geometric hypergeometric logseries negative_binomial f "
    "noncentral_chisquare noncentral_f standard_cauchy standard_t bytes multivariate_hypergeometric",
}


def _table() -> dict[str, str]:
    table = {name: advice for names, advice in _GROUPS.items() for name in names.split()} | dict(_SINGLE)
    for function, names in _RANDOM_FUNCTIONS.items():
        table |= {f"random.{name}": _RANDOM.format(function) for name in names.split()}
    return table


REFUSED: Mapping[str, str] = _table()
