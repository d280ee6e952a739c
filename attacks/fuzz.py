"""Audit mutated files for as long as you like: nothing may crash, hang or take much memory.

    python -m attacks.fuzz FORMAT [--runs 10000] [--seed 0] [--corpus FOLDER] [--engine random|atheris]

FORMAT is code (marshalled bytecode inside of a JSON config), json, keras, h5 or savedmodel. A file that ends in
`audit.unfinished`, takes more than two seconds of the processor, or moves the peak of memory above 200 MB more is kept in the current
folder and reported. The engine atheris is guided by coverage and needs the package of that name.
"""

# ruff: noqa: E501, the text above is shown as help
from __future__ import annotations

import argparse
import json
import random
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

_SECONDS, _MEGABYTES = 2.0, 200
_MAGIC = [
    b"\xff\xff\xff\xff",
    b"\x00\x00\x00\x80",
    b"\x7f\xff\xff\xff",
    b"\x00" * 8,
    b"\xff" * 8,
    b"\x01",
    b"[" * 99,
    b"PK\x01\x02",
]


def mutate(data: bytes, rng: random.Random) -> bytes:
    """A few changes: flipped bits, magic numbers, pieces removed, doubled or moved, a cut end."""
    out = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 4, 8))):
        at, other = rng.randrange(len(out) + 1), rng.randrange(len(out) + 1)
        kind = rng.randrange(6)
        if kind == 0 and out:
            out[at % len(out)] ^= 1 << rng.randrange(8)
        elif kind == 1:
            magic = rng.choice(_MAGIC)
            out[at : at + len(magic)] = magic
        elif kind == 2:
            del out[at : at + rng.choice((1, 2, 4, 16, 256))]
        elif kind == 3:
            out[at:at] = out[other : other + rng.choice((1, 4, 16, 256))]
        elif kind == 4 and out:
            out[at % len(out)] = rng.randrange(256)
        elif kind == 5 and rng.random() < 0.2:
            del out[at:]
    return bytes(out)


def mutate_json(value: Any, rng: random.Random) -> Any:
    """A change somewhere in JSON data, which stays JSON."""
    places: list[tuple[Any, Any]] = []
    waiting = [value]
    while waiting:
        node = waiting.pop()
        pairs = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
        for key, item in pairs:
            places.append((node, key))
            waiting.append(item)
    for _ in range(rng.choice((1, 1, 2, 3))):
        node, key = rng.choice(places)
        donor, other = rng.choice(places)
        if (isinstance(node, list) and not key < len(node)) or (isinstance(node, dict) and key not in node):
            continue
        choices: list[Any] = [
            None,
            -1,
            2**70,
            "",
            "os",
            [],
            {},
            [None] * 3,
            1e308,
            True,
            "../x",
            {"class_name": "__lambda__"},
        ]
        if isinstance(node[key], str) and rng.random() < 0.3:
            node[key] = mutate(node[key].encode(), rng).decode("utf-8", "replace")
        elif rng.random() < 0.5:
            taken = donor[other] if not isinstance(donor, dict) or other in donor else None
            node[key] = json.loads(json.dumps(taken))
        else:
            node[key] = rng.choice(choices)
    return value


def target(form: str) -> Callable[[bytes], bytes]:
    """How raw mutated bytes become a file of a format."""
    from attacks.build import lambda_layer, model, saved

    if form != "code":
        return lambda data: data
    import base64

    return lambda data: json.dumps(model(lambda_layer(saved(base64.b64encode(data).decode())))).encode()


def seeds(form: str, corpus: Path) -> list[bytes]:
    """The files to start from."""
    if form == "code":
        import marshal

        from attacks.code import _FUNCTIONS, code

        return [marshal.dumps(code(source, "MARKER")) for _, source, _ in _FUNCTIONS.values()]
    ending = {"savedmodel": "*.sm/*.pb"}.get(form, f"*.{form}")
    found = [path.read_bytes() for path in sorted(corpus.glob(f"**/{ending}"))]
    return [data for data in found if len(data) < 100_000]


def run_one(form: str, data: bytes) -> str:
    """Audit one file; what went wrong, or an empty text."""
    from lamina.auditing import audit

    begun = time.process_time()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    if form == "savedmodel":
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "saved_model.pb").write_bytes(data)
            Path(folder, "keras_metadata.pb").write_bytes(data)
            report = audit(folder)
    else:
        report = audit(data)
    seconds = time.process_time() - begun
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    unfinished = [f.message for f in report.findings if f.rule == "audit.unfinished"]
    if unfinished:
        return unfinished[0]
    if seconds > _SECONDS:
        return f"it took {seconds:.1f} s"
    return f"it took {grown:.0f} MB" if grown > _MEGABYTES else ""


def random_engine(form: str, corpus: Path, runs: int, seed: int) -> int:
    """Mutate at random; the number of files that went wrong."""
    rng, made, begin = random.Random(seed), target(form), seeds(form, corpus)
    if form == "keras":
        begin, made = _configs(begin), _zipped(rng)
    failures, slowest, begun = 0, 0.0, time.perf_counter()
    for index in range(runs):
        raw = rng.choice(begin)
        if form in ("json", "keras") and rng.random() < 0.5:
            try:
                data = json.dumps(mutate_json(json.loads(raw), rng)).encode()
            except ValueError:
                data = mutate(raw, rng)
        else:
            data = mutate(raw, rng)
        data = made(data)
        started = time.perf_counter()
        problem = run_one(form, data)
        slowest = max(slowest, time.perf_counter() - started)
        if problem:
            failures += 1
            name = f"fuzz-{form}-{seed}-{index}"
            Path(name).write_bytes(data)
            print(f"{name}: {problem}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    spent = time.perf_counter() - begun
    print(
        f"{form}: {runs} files, {failures} failures, slowest {slowest:.2f} s, peak {peak} MB, {spent:.0f} s"
    )
    return failures


def _configs(files: list[bytes]) -> list[bytes]:
    """The configs of `.keras` files: a mutated zip would only be found to have a wrong checksum."""
    import io
    import zipfile

    found = []
    for data in files:
        try:
            found.append(zipfile.ZipFile(io.BytesIO(data)).read("config.json"))
        except (zipfile.BadZipFile, KeyError, NotImplementedError):
            continue
    return [data for data in found if len(data) < 100_000]


def _zipped(rng: random.Random) -> Callable[[bytes], bytes]:
    """A config as a `.keras` file, sometimes with damage to the container."""
    from attacks.build import keras_zip

    def make(data: bytes) -> bytes:
        whole = keras_zip(data.decode("utf-8", "replace"))
        return mutate(whole, rng) if rng.random() < 0.3 else whole

    return make


def atheris_engine(form: str, corpus: Path, runs: int, seed: int) -> int:
    """Let atheris mutate, guided by the coverage of lamina."""
    import atheris

    with atheris.instrument_imports(include=["lamina"]):
        import lamina.auditing.functions
        import lamina.auditing.graph
        import lamina.auditing.objects
        import lamina.bytecode
        import lamina.expression.printer
        import lamina.legacy.functions  # noqa: F401
    made = target(form)

    def one(data: bytes) -> None:
        problem = run_one(form, made(data))
        if problem:
            Path(f"fuzz-{form}-atheris-{abs(hash(data))}").write_bytes(data)
            raise RuntimeError(problem)

    with tempfile.TemporaryDirectory() as folder:
        for index, data in enumerate(seeds(form, corpus)):
            Path(folder, str(index)).write_bytes(data)
        atheris.Setup(
            [sys.argv[0], f"-runs={runs}", f"-seed={seed + 1}", "-timeout=10", "-max_len=20000", folder], one
        )
        atheris.Fuzz()
    return 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("format", choices=("code", "json", "keras", "h5", "savedmodel"))
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--corpus", type=Path, default=Path(), help="a folder with model files to start from")
    parser.add_argument("--engine", choices=("random", "atheris"), default="random")
    options = parser.parse_args()
    engine = {"random": random_engine, "atheris": atheris_engine}[options.engine]
    sys.exit(bool(engine(options.format, options.corpus, options.runs, options.seed)))
