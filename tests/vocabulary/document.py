"""Writes docs/vocabulary.md from the vocabularies and from the calls that their tests declare.

`python -m tests.vocabulary.document` writes it; with `--check` it fails where the file is not up to date.
A name without a test has no row.
"""

from __future__ import annotations

import importlib.util
import inspect
import re
import sys
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from lamina.auditing import attributes
from lamina.expression import opset
from lamina.vocabulary import registry

HERE = Path(__file__).parent
TARGET = HERE.parents[1] / "docs" / "vocabulary.md"
ABSENT = "Keras has none on PyTorch"
BACKENDS = {"jax": "JAX", "tensorflow": "TensorFlow", "torch": "PyTorch"}

HEAD = """\
# The vocabularies

What a captured function may call, besides Python and its `math`. This file is generated (`make docs`) from the
vocabularies and from the calls that the conformance tests compare with the framework itself, on JAX,
TensorFlow and PyTorch: a name without a test is not here, and a name that is not here is refused when a
function is captured, with what to use instead. Where JAX is the backend, a JAX function that is not here is
lowered from its jaxpr if its primitives have counterparts, and refused if not.

Names in one row are one function. Arguments are those that may be given, with their defaults; `...` stands for
a default that is longer than a word. An empty column means: all three backends, no deviation. What holds
for a whole framework stands above its table. On JAX, which computes in 32 bits unless it is told otherwise, no
type has 64 of them.
"""


@dataclass(frozen=True)
class Section:
    """One framework.

    Args:
        title: Its heading.
        tests: The file with the calls, below this folder.
        vocabulary: The name of its vocabulary in the registry.
        framework: The framework of the registry that it belongs to.
        tested: The names that the tests cover, from the module of the tests.
        note: What holds for all of it.
    """

    title: str
    tests: str
    vocabulary: str
    framework: str
    tested: Callable[[ModuleType, Mapping[str, Any]], set[str]]
    note: str = ""


def _declared(module: ModuleType, table: Mapping[str, Any]) -> set[str]:
    """The names of the cases of a module, and those that it says are tested elsewhere."""
    elsewhere = {name for group in ("ELSEWHERE", "BY_DISTRIBUTION") for name in getattr(module, group, ())}
    return set(table) - module.CASES.uncovered(table, elsewhere)


def _of_keras(module: ModuleType, table: Mapping[str, Any]) -> set[str]:
    # Variables have tests of their own, of the state of layers.
    return set(table) - module.C.uncovered(table, {*module.OLD, "Variable"})


def _of_k(module: ModuleType, table: Mapping[str, Any]) -> set[str]:
    return {case.name for case in module.CASES} | module.RANDOM | module.HOST


def _of_numpy(module: ModuleType, table: Mapping[str, Any]) -> set[str]:
    names = {case.name for each in module._MODULES for case in each.CASES}
    return names | set(module._TESTED_ALONE) | {*module.CONSTANTS, *module.DTYPES}


def _of_pairs(module: ModuleType, table: Mapping[str, Any]) -> set[str]:
    return {name for name, *_ in module.CASES}


_WIDTHS = "Where it picks a 64-bit type by itself, the result has Keras's type."
_V1 = "Below `tf.compat.v1` too, with the meaning and the arguments that it has there."
_KERAS = "keras.losses, metrics, activations, layers, applications"
SECTIONS = (
    Section(_KERAS, "test_keras_functions.py", "keras", "keras", _of_keras),
    Section("K, the Keras 2 backend", "test_keras_backend.py", "K", "keras", _of_k),
    Section("NumPy", "test_numpy_methods.py", "numpy", "numpy", _of_numpy, _WIDTHS),
    Section("TensorFlow", "tensorflow/test_tensorflow_names.py", "tf", "tensorflow", _declared, _V1),
    Section("JAX", "jax/test_jax_names.py", "jax", "jax", _declared),
    Section("PyTorch", "torch/test_torch_names.py", "torch", "torch", _declared),
    Section("einops", "test_einops.py", "einops", "einops", _of_pairs),
)  # fmt: skip


def load(path: Path) -> ModuleType:
    """A module of the tests, by its file."""
    name = f"documented_{path.stem}"
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    sys.path.insert(0, str(path.parent))
    spec.loader.exec_module(module)
    return module


@dataclass(frozen=True)
class Row:
    """One function: its names, arguments, and where it differs."""

    names: tuple[str, ...]
    arguments: str
    backends: str
    deviations: str

    def __str__(self) -> str:
        cells = (
            ", ".join(f"`{name}`" for name in self.names),
            self.arguments,
            self.backends,
            self.deviations,
        )
        return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


@dataclass
class Chapter:
    """A section with its rows.

    Args:
        section: The section.
        rows: A row for each function.
        untested: Names of the table that no test covers.
    """

    section: Section
    rows: list[Row] = field(default_factory=list)
    untested: set[str] = field(default_factory=set)

    @property
    def count(self) -> int:
        """How many names the rows have."""
        return sum(len(row.names) for row in self.rows)


def chapter(section: Section) -> Chapter | None:
    """The rows of a framework; `None` where there is no vocabulary, or no test, yet."""
    path = HERE / section.tests
    named = (v for v in registry.vocabularies(section.framework) if v.name == section.vocabulary)
    found = next(named, None)
    if found is None or not path.exists():
        return None
    module = load(path)
    table = _named(section, found.table)
    tested = section.tested(module, table) & set(table)
    result = Chapter(section, untested=set(table) - tested)
    deviations = _deviations(section, module)
    by_function: dict[int, list[str]] = defaultdict(list)
    for name in sorted(tested):
        by_function[id(table[name])].append(name)
    for names in by_function.values():
        result.rows.append(_row(names, table[names[0]], deviations))
    result.untested -= {n for n in result.untested if id(table[n]) in by_function}
    return result


def _named(section: Section, table: Mapping[str, Any]) -> dict[str, Any]:
    """The functions of a table; its aliases of `keras.ops` and of `K` are said in other places."""
    if section.vocabulary != "keras":
        return dict(table)
    elsewhere = ("ops.", "random.", "backend.")
    return {name: value for name, value in table.items() if not name.startswith(elsewhere)}


def _deviations(section: Section, module: ModuleType) -> Mapping[str, list[str]]:
    """By name what its results differ in, where the vocabulary or its tests say so."""
    found: dict[str, list[str]] = defaultdict(list)
    for key, text in getattr(module, "DEVIATIONS", {}).items():
        if isinstance(key, tuple):  # a backend, and a case such as `sort(N1)`
            backend, case = key
            found[re.split(r"[(]", case)[0]].append(f"{BACKENDS[backend]}: {text}")
        else:
            found[key].append(text)
    return found


def _row(names: list[str], value: Any, deviations: Mapping[str, list[str]]) -> Row:
    texts = list(dict.fromkeys(text for name in names for text in deviations.get(name, ())))
    backends = "JAX, TensorFlow" if ABSENT in texts else ""
    return Row(tuple(names), arguments(value), backends, "; ".join(t for t in texts if t != ABSENT))


def arguments(value: Any) -> str:
    """The arguments of a function of a vocabulary; nothing for a constant."""
    function = getattr(value, "_stand_in", value)
    if not callable(function):
        return ""
    if getattr(function, "__module__", "") == "lamina.vocabulary.dispatch":
        public = str(function.__doc__).partition("`")[2].partition("`")[0]
        op = opset.lookup(public.removeprefix("keras.ops.").removeprefix("keras."))
        defaults = (inspect.Parameter.empty if p.required else p.default for p in op.parameters)
        return _listed(_parameter(p.name, p.kind, d) for p, d in zip(op.parameters, defaults, strict=True))
    if hasattr(function, "nin"):  # a ufunc of NumPy
        return _listed([*(("x",) if function.nin == 1 else ("x1", "x2")), "dtype=None"])
    known = getattr(function, "arguments", None)
    if known is not None:
        return _listed(known)
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return ""
    return _listed(_parameter(p.name, p.kind.name, p.default) for p in parameters if _is_supported(p.name))


def _is_supported(name: str) -> bool:
    """Whether an argument does something: no function writes into `out`."""
    return name != "out" and not name.startswith("_")


def _listed(parameters: Iterable[str]) -> str:
    text = ", ".join(parameters)
    return f"`{text}`" if text else ""


def _parameter(name: str, kind: str, default: Any) -> str:
    star = {"VAR_POSITIONAL": "*", "VAR_KEYWORD": "**", "variadic": "*", "keywords": "**"}.get(kind, "")
    if star or default is inspect.Parameter.empty:
        return star + name
    text = repr(default)
    short = len(text) <= 16 and "<" not in text and " at 0x" not in text
    return f"{name}={text if short else '...'}"


def chapters() -> list[Chapter]:
    """All that can be said now."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return [found for found in map(chapter, SECTIONS) if found is not None]


def operations() -> str:
    """The operations themselves, which `keras.ops` and `keras.random` name, as the opset has them."""
    names = [name for name in opset.names() if not name.startswith("operator.")]
    lines = [str(opset.lookup(name)).removeprefix("keras.ops.").removeprefix("keras.") for name in names]
    versions = [opset.lookup(name).since or "" for name in names]
    rows = [
        f"| `{line.partition('(')[0]}` | `{line.partition('(')[2][:-1]}` | {version} |"
        for line, version in zip(lines, versions, strict=True)
    ]
    head = (
        f"## keras.ops and keras.random\n\n{len(names)} operations, each compared with a golden file on every "
        "backend. Those of `keras.ops` also stand in its submodules (`keras.ops.nn.relu`).\n\n"
        "| name | arguments | since Keras |\n|---|---|---|\n"
    )
    return head + "\n".join(rows) + "\n"


def document() -> str:
    """The text of the file."""
    parts = [HEAD, operations()]
    for each in chapters():
        note = f" {each.section.note}" if each.section.note else ""
        head = f"## {each.section.title}\n\n{each.count} names.{note}\n\n"
        table = "| names | arguments | backends | deviations |\n|---|---|---|---|\n"
        parts.append(head + table + "\n".join(map(str, each.rows)) + "\n")
    return "\n".join(parts)


def main(*options: str) -> int:
    """Write the file, or look whether it is up to date."""
    text = document()
    if "--check" in options:
        untested = {e.section.title: sorted(e.untested) for e in chapters() if e.untested}
        fresh = TARGET.exists() and TARGET.read_text() == text
        if not fresh:
            print(f"{TARGET} is not up to date: run `make docs`")
        if untested:
            print(f"no test covers {untested}")
        return int(not fresh or bool(untested))
    TARGET.write_text(text)
    attributes.main()
    print(f"{TARGET}: {text.count(chr(10) + '| `')} rows")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
