"""A coverage-guided fuzzer over the unmarshaller, the decoder and the evaluator.

    pip install -e '.[fuzz]'
    PYTHONPATH=src:. python tests/bytecode/fuzz.py CORPUS -max_total_time=600 -timeout=10 -rss_limit_mb=200

An empty CORPUS folder is filled with the golden code of every Python first. Anything but a LaminaError
ends the run and leaves the input behind.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["lamina.bytecode"]):
    from lamina.bytecode import Limits, PlainNamespace, SavedFunction, evaluate, readings, unmarshal
    from lamina.bytecode.repair import read_code
from lamina.errors import LaminaError

LIMITS = Limits(steps=1000, repairs=4)
NAMESPACE = PlainNamespace({"probe": lambda *args, **kwargs: 1, "FACTOR": 3})


def target(data: bytes) -> None:
    with suppress(LaminaError):
        if data[:1] == b"!":
            read_code(data[1:], LIMITS)
        code = unmarshal(data, LIMITS)
        readings(code, lines=False)
        saved = SavedFunction(code, closure=(1,) * len(code.freevars), damaged=True)
        evaluate(saved, [3] * code.argcount, namespace=NAMESPACE, limits=LIMITS, same=lambda one, other: True)


def fill(corpus: Path) -> None:
    from tests.bytecode.saved import blobs

    corpus.mkdir(exist_ok=True)
    if not any(corpus.iterdir()):
        for index, blob in enumerate(blobs()):
            (corpus / str(index)).write_bytes(blob)
            (corpus / f"{index}-text").write_bytes(b"!" + blob)


if __name__ == "__main__":
    fill(Path(sys.argv[1]))
    atheris.Setup(sys.argv, target)
    atheris.Fuzz()
