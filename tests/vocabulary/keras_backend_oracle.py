"""Runs every case on the real Keras 2 backend and writes the results to an `.npz` file.

A process of its own: tf_keras needs TensorFlow, whatever backend is under test.
"""

from __future__ import annotations

import sys
import warnings
from typing import Any

import numpy as np
from keras_backend_cases import Case, cases


def flat(result: Any) -> list[Any]:
    """The leaves of a result as NumPy arrays."""
    if isinstance(result, (list, tuple)):
        return [leaf for item in result for leaf in flat(item)]
    return [np.asarray(result)]


def main(path: str) -> None:
    """Write `case.leaf` arrays, and the text of an exception where a case has none."""
    import tensorflow as tf
    from tf_keras.src import backend as K

    warnings.simplefilter("ignore")

    def run(case: Case) -> list[Any]:
        tensors = [tf.constant(a) for a in case.arrays]
        return flat(case.run(K, *tensors) if case.oracle is None else case.oracle(tf, *tensors))

    results: dict[str, Any] = {}
    for number, case in enumerate(cases()):
        try:
            results |= {f"{number}.{i}": leaf for i, leaf in enumerate(run(case))}
        except Exception as error:
            results[f"{number}.error"] = np.array(f"{type(error).__name__}: {error}")
    np.savez(path, **results)


if __name__ == "__main__":
    main(sys.argv[1])
