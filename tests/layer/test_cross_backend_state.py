"""Trained here, trained further in a fresh process under another backend: each kind of state."""

from __future__ import annotations

import keras
from tests.layer import cross_backend
from tests.layer.processes import BACKENDS, run

# Three runs of the tests, one for each backend, go once around.
OTHER = BACKENDS[(BACKENDS.index(keras.backend.backend()) + 1) % 3]

CODE = """
    import sys
    from pathlib import Path
    import keras
    import lamina
    from tests.layer import cross_backend
    cross_backend.read(Path(sys.argv[1]))
    print(keras.backend.backend())
"""


def test_training_goes_on_under_another_backend(tmp_path):
    cross_backend.write(tmp_path)
    printed = run(CODE, OTHER, str(tmp_path)).split()
    assert printed == [*cross_backend.MODELS, OTHER]
