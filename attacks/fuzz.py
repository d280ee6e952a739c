"""Audit mutated files for as long as you like: nothing may crash, hang or take much memory.

    python -m attacks.fuzz FORMAT [--runs 10000] [--seed 0] [--corpus FOLDER] [--engine random|atheris]

FORMAT is code (marshalled bytecode inside of a JSON config), expression (one of lamina inside of a JSON config), json, keras,
h5 or savedmodel. A file that ends in
`audit.unfinished`, takes more than two seconds of the processor, or moves the peak of memory above 200 MB more is kept in the current
folder and reported. The engine atheris is guided by coverage and needs the package of that name (lamina[fuzz]). With --direct only the reader of
the format gets the bytes (unmarshaller, decoder of expressions, archives) and no audit follows: many times as many runs.
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
    from attacks.build import lambda_layer, layer, model, saved

    if form == "expression":
        own = json.dumps(model(layer("Lambda", "lamina.layer.layer", "lamina>Lambda", expressions="HERE")))
        return lambda data: own.replace('"HERE"', data.decode("utf-8", "replace")).encode()
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
    if form == "expression":
        from tests.expression.examples import ANTIRECTIFIER, CONTROL_FLOW

        from lamina.expression.codec import encode

        examples = [ANTIRECTIFIER, *CONTROL_FLOW.values()]
        return [json.dumps([{"expression": encode(example)}]).encode() for example in examples]
    ending = {"savedmodel": "*.sm/*.pb"}.get(form, f"*.{form}")
    found = [path.read_bytes() for path in sorted(corpus.glob(f"**/{ending}"))]
    return [data for data in found if len(data) < 100_000]


def audited(form: str, data: bytes) -> str:
    """Audit one file; why the audit did not end, or an empty text."""
    from lamina.auditing import audit

    if form == "savedmodel":
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "saved_model.pb").write_bytes(data)
            Path(folder, "keras_metadata.pb").write_bytes(data)
            report = audit(folder)
    else:
        report = audit(data)
    return next((f.message for f in report.findings if f.rule == "audit.unfinished"), "")


def read(form: str, data: bytes) -> str:
    """Let only the reader of a format have the bytes; what it raised but for a refusal."""
    from lamina.archive import open_model
    from lamina.auditing.scan import AUDIT_LIMITS
    from lamina.bytecode import readings, unmarshal
    from lamina.errors import LaminaError
    from lamina.expression.codec import decode

    if form == "expression":
        try:
            (entry,) = json.loads(data)
            value = entry["expression"]
        except (ValueError, LookupError, TypeError, RecursionError):
            return ""  # the archives' reader of JSON has its own runs
    try:
        if form == "code":
            readings(unmarshal(data), lines=False)
        elif form == "expression":
            decode(value)
        else:
            list(open_model(data, AUDIT_LIMITS).lambdas())
    except LaminaError:
        return ""
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return ""


def run_one(form: str, data: bytes, use: Callable[[str, bytes], str] = audited) -> str:
    """Use one file; what went wrong, or an empty text."""
    begun = time.process_time()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    problem = use(form, data)
    seconds = time.process_time() - begun
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    if problem:
        return problem
    if seconds > _SECONDS:
        return f"it took {seconds:.1f} s"
    return f"it took {grown:.0f} MB" if grown > _MEGABYTES else ""


def random_engine(form: str, corpus: Path, runs: int, seed: int, direct: bool = False) -> int:
    """Mutate at random; the number of files that went wrong."""
    rng, begin, use = random.Random(seed), seeds(form, corpus), read if direct else audited
    made = (lambda data: data) if direct else target(form)
    if form == "keras":
        begin, made = _configs(begin), _zipped(rng)
    failures, slowest, begun = 0, 0.0, time.process_time()
    for index in range(runs):
        raw = rng.choice(begin)
        if form in ("json", "keras", "expression") and rng.random() < 0.5:
            try:
                data = json.dumps(mutate_json(json.loads(raw), rng)).encode()
            except ValueError:
                data = mutate(raw, rng)
        else:
            data = mutate(raw, rng)
        data = made(data)
        started = time.process_time()
        problem = run_one(form, data, use)
        slowest = max(slowest, time.process_time() - started)
        if problem:
            failures += 1
            name = f"fuzz-{form}-{seed}-{index}"
            Path(name).write_bytes(data)
            print(f"{name}: {problem}")
    print(_summary(form, runs, failures, slowest, begun))
    return failures


def _summary(form: str, runs: int, failures: int, slowest: float, begun: float) -> str:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return (
        f"{form}: {runs} files, {failures} failures, slowest {slowest:.2f} s, peak {peak} MB, "
        f"{time.process_time() - begun:.0f} s of the processor"
    )


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


def _guided_zip(data: bytes) -> bytes:
    """What begins like JSON is put into an intact archive, since a mutated one has a wrong checksum."""
    from attacks.build import keras_zip

    return keras_zip(data.decode("utf-8", "replace")) if data[:1] == b"{" else data


def atheris_engine(form: str, corpus: Path, runs: int, seed: int, direct: bool = False) -> int:
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
    if form == "keras":
        made = _guided_zip

    done, slowest, begun = 0, 0.0, time.process_time()

    def one(data: bytes) -> None:
        nonlocal done, slowest
        started = time.process_time()
        problem = run_one(form, data if direct else made(data), read if direct else audited)
        done, slowest = done + 1, max(slowest, time.process_time() - started)
        if problem:
            Path(f"fuzz-{form}-atheris-{abs(hash(data))}").write_bytes(data)
            raise RuntimeError(problem)
        if done == runs:  # atheris ends the process, and nothing runs at its exit
            print(_summary(form, done, 0, slowest, begun), flush=True)

    with tempfile.TemporaryDirectory() as folder:
        begin = seeds(form, corpus)
        begin += [b"{" + config[1:] for config in _configs(begin)] if form == "keras" else []
        for index, data in enumerate(begin):
            Path(folder, str(index)).write_bytes(data)
        # The limit of atheris is for what never ends: it counts the clock, also while others have the processor.
        atheris.Setup(
            [sys.argv[0], f"-runs={runs}", f"-seed={seed + 1}", "-timeout=60", "-max_len=20000", folder], one
        )
        atheris.Fuzz()
    return 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("format", choices=("code", "expression", "json", "keras", "h5", "savedmodel"))
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--corpus", type=Path, default=Path(), help="a folder with model files to start from")
    parser.add_argument("--engine", choices=("random", "atheris"), default="random")
    parser.add_argument("--direct", action="store_true", help="the reader alone")
    options = parser.parse_args()
    engine = {"random": random_engine, "atheris": atheris_engine}[options.engine]
    sys.exit(bool(engine(options.format, options.corpus, options.runs, options.seed, options.direct)))
