"""Where a backend of Keras 3.15 differs from Keras on JAX, as the golden files have it.

Each entry says in which respect a golden call differs (`error`, `kind`, `shape`, `dtype`, `value`
or, for a random operation, `seed`) and why. The tests check that it still does: an entry that Keras
has mended must go.
"""

from __future__ import annotations

# Eigenvectors and singular vectors are defined up to their sign, or phase.
UP_TO_SIGN = {"eig", "eigh", "svd"}

_SEGMENTS = "TensorFlow refuses num_segments for sorted segments; JAX needs it"
_EMPTY = "TensorFlow fills an empty segment with the largest finite number instead of infinity"
_PAD = "Keras broadcasts a pad width that is one integer on JAX only"
_AXIS = "the fused kernel of PyTorch takes trailing axes only"
_STACKED = "Keras on PyTorch returns the indices as one tensor instead of a tuple"
_SIZE = "Keras returns the number of elements as a tensor instead of an int"
_INT64 = "PyTorch gives indices and counts as int64"

_BLUR = "without data_format, Keras on JAX and PyTorch takes channels first whatever the setting"
_EYE = "Keras on TensorFlow miscounts a diagonal that ends before the last column"
_LOGDET = "Keras on TensorFlow takes it from a Cholesky factor: for positive definite matrices"
_SOBEL = "TensorFlow mirrors the image at its border, JAX and PyTorch add zeros"

DEVIATIONS: dict[tuple[str, str], tuple[str, str]] = {
    ("tensorflow", "eye/2"): (
        "shape",
        _EYE,
    ),
    ("tensorflow", "image.gaussian_blur"): (
        "value",
        _BLUR,
    ),
    ("tensorflow", "image.sobel_edges"): (
        "value",
        _SOBEL,
    ),
    ("tensorflow", "logdet/2"): (
        "value",
        _LOGDET,
    ),
    ("tensorflow", "pad/2"): ("error", _PAD),
    ("tensorflow", "prod/4"): ("dtype", "Keras on TensorFlow ignores the dtype of a product"),
    ("tensorflow", "segment_max"): ("value", _EMPTY),
    ("tensorflow", "segment_max/2"): ("error", _SEGMENTS),
    ("tensorflow", "segment_min"): ("value", _EMPTY),
    ("tensorflow", "segment_min/2"): ("error", _SEGMENTS),
    ("tensorflow", "segment_prod/2"): ("error", _SEGMENTS),
    ("tensorflow", "segment_sum/2"): ("error", _SEGMENTS),
    ("tensorflow", "size"): ("kind", _SIZE),
    ("tensorflow", "vstack/2"): ("shape", "Keras on TensorFlow joins vectors end to end instead of as rows"),
    ("torch", "average/3"): ("shape", "Keras on PyTorch sums the weights over the last axis only"),
    ("torch", "average_pool/2"): ("value", "Keras on PyTorch counts padding at the border as values"),
    ("torch", "correlate"): ("shape", "Keras on PyTorch drops the axis of a single correlation"),
    ("torch", "image.elastic_transform"): ("seed", "Keras on PyTorch ignores its seed"),
    ("torch", "layer_normalization/2"): ("error", _AXIS),
    ("torch", "linspace/2"): ("kind", "Keras on PyTorch returns the step as a Python float"),
    ("torch", "nonzero"): ("kind", _STACKED),
    ("torch", "pad/2"): ("shape", _PAD),
    ("torch", "rms_normalization/2"): ("error", _AXIS),
    ("torch", "sign/2"): ("value", "the sign of nan is 0 in PyTorch"),
    ("torch", "size"): ("kind", _SIZE),
    ("torch", "stft/2"): ("value", "PyTorch centres a frame that is shorter than the transform"),
    ("torch", "top_k"): ("dtype", _INT64),
    ("torch", "unique/2"): ("dtype", _INT64),
    ("torch", "vdot"): ("error", "PyTorch takes vectors only"),
    ("torch", "where/3"): ("kind", _STACKED),
}
