"""JAX's functions, written over the opset, with JAX's own meaning.

`TABLE` holds them by the name below `jax` ("numpy.mean", "nn.relu", "lax.scan", "random.normal");
`METHODS` holds what arrays of JAX have beyond those of NumPy, `x.at[...]` above all; `REFUSED` says
of a name that no expression can stand for what to use instead.

JAX itself is not imported. Its types hold on every backend (see `arguments`), and so do its random
numbers: a key gives the numbers that it gives in JAX, wherever the expression runs (see `keys`).

Example:
    >>> import keras
    >>> from lamina.vocabulary.jax import TABLE
    >>> tuple(TABLE["numpy.mean"](keras.ops.ones((2, 3)), axis=1, keepdims=True).shape)
    (2, 1)
"""

from __future__ import annotations

from collections.abc import Mapping

from lamina.vocabulary.jax.methods import METHODS as METHODS
from lamina.vocabulary.jax.refused import REFUSED as REFUSED
from lamina.vocabulary.jax.table import TABLE as TABLE
from lamina.vocabulary.jax.wrapped import unwrapped
from lamina.vocabulary.registry import Vocabulary

_BY_DISTRIBUTION = "other numbers than JAX's, of the same distribution"
DEVIATIONS: Mapping[str, str] = {
    **dict.fromkeys(
        "random.ball random.beta random.binomial random.chisquare random.dirichlet random.f random.gamma "
        "random.generalized_normal random.loggamma random.t".split(),
        _BY_DISTRIBUTION,
    ),
    **dict.fromkeys(
        "numpy.uint numpy.uint16 numpy.uint32 numpy.uint64 random.bits".split(), "Keras has none on PyTorch"
    ),
    "random.permutation": "tensors whose size is not known are sorted once, as JAX sorts small ones",
    "numpy.where": "a choice between two numbers adapts to what it meets in operators and elementwise functions",
    "numpy.full": "a Python number adapts to what it meets in operators and elementwise functions",
    "numpy.sign": "0 of nan on PyTorch",
    "numpy.float32": "a scalar tensor adapts to half precision beside it on PyTorch",
    "numpy.empty": "zeros",
    "numpy.empty_like": "zeros",
    "lax.empty": "zeros",
    "numpy.linalg.svd": "the signs of vectors are those of the backend",
    "numpy.linalg.eigh": "the signs of vectors are those of the backend",
    "numpy.linalg.qr": "the signs of columns are those of the backend",
    "lax.approx_max_k": "exact",
    "lax.approx_min_k": "exact",
    "debug.print": "prints nothing",
    "eval_shape": "gives the results, whose shape and dtype can be asked",
}

VOCABULARIES = (Vocabulary("jax", ("jax",), TABLE, REFUSED, METHODS, unwrap=unwrapped),)
