"""Functions as people write them: captured, saved, loaded and run, beside PyTorch."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

import lamina
from lamina.expression.model import Expression

torch = pytest.importorskip("torch")
# JAX says so of each 64-bit dtype, and computes in 32 bits.
pytestmark = pytest.mark.filterwarnings("ignore:Explicitly requested dtype:UserWarning")
sys.path.insert(0, str(Path(__file__).parent))
from torch_patterns import PATTERNS  # noqa: E402

SIZES = ["batch", "fixed"] if os.environ.get("LAMINA_CONFORMANCE") == "full" else ["batch"]


def captured(function, inputs, sizes="batch"):
    shapes = [((None, *x.shape[1:]) if sizes == "batch" else x.shape, x.dtype.name) for x in inputs]
    specs = [keras.KerasTensor(shape, dtype=dtype) for shape, dtype in shapes]
    return lamina.capture(function, specs[0] if len(specs) == 1 else specs)


def same(got, want):
    got = [keras.ops.convert_to_numpy(x) for x in keras.tree.flatten(got)]
    want = [x.detach().numpy() for x in keras.tree.flatten(want)]
    assert len(got) == len(want)
    for a, b in zip(got, want, strict=True):
        assert a.shape == b.shape
        assert a.dtype == b.dtype
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize(("function", "inputs"), [pytest.param(f, x, id=f.__name__) for f, x in PATTERNS])
def test_pattern(function, inputs, sizes):
    expression = captured(function, inputs, sizes)
    again = Expression.loads(expression.dumps())
    assert again == expression
    tensors = [keras.ops.convert_to_tensor(x) for x in inputs]
    given = [torch.tensor(x) for x in inputs]
    same(
        again.run(tensors[0] if len(tensors) == 1 else tensors),
        function(given[0] if len(given) == 1 else given),
    )


_FRESH = """
import json, sys
import numpy as np
from lamina.expression.model import Expression
import keras
data = np.load(sys.argv[1])
expression = Expression.loads(open(sys.argv[2]).read())
np.save(sys.argv[3], keras.ops.convert_to_numpy(expression.run(keras.ops.convert_to_tensor(data))))
assert keras.backend.backend() == "torch" or "torch" not in sys.modules
"""


def test_a_fresh_process_needs_no_pytorch(tmp_path):
    function, (x,) = next((f, x) for f, x in PATTERNS if f.__name__ == "split_and_merge_heads")
    places = [str(tmp_path / name) for name in ("x.npy", "e.json", "y.npy")]
    np.save(places[0], x)
    (tmp_path / "e.json").write_text(captured(function, (x,)).dumps())
    subprocess.run([sys.executable, "-c", _FRESH, *places], check=True, timeout=300)
    np.testing.assert_allclose(np.load(places[2]), function(torch.tensor(x)).numpy(), rtol=1e-4, atol=1e-5)
