"""What Keras and other scanners say of the corpus: run once, by hand, where they are installed.

    python -m attacks.compare FOLDER --scanners VENV/bin --keras PYTHON [--readme]

FOLDER is what `attacks.make` wrote. VENV/bin holds modelscan, modelaudit and picklescan; PYTHON is an
interpreter with Keras, in which each file is loaded in safe mode in a process of its own.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

_TIMEOUT = 300
_ENVIRONMENT = {**os.environ, "PROMPTFOO_DISABLE_TELEMETRY": "1", "DO_NOT_TRACK": "1"}
Answers = dict[str, dict[str, tuple[str, float]]]
# Keras is imported once, and each file is loaded in a fork.
_LOAD = """
import os, sys
import keras
for path in sys.argv[1:]:
    child = os.fork()
    if child == 0:
        try:
            keras.saving.load_model(path)
        except Exception:
            os._exit(9)
        os._exit(0)
    _, code, used = os.wait4(child, 0)
    print(code, used.ru_utime + used.ru_stime, flush=True)
"""
_AUDIT = "from lamina.cli.audit import command; command()"
_BEGIN, _END = "<!-- comparison -->", "<!-- end of comparison -->"


def scan(tool: str, binary: str, path: Path) -> tuple[str, float]:
    """What one tool says of one file: "flags", "passes", "skips" or "fails", and what it took.

    Args:
        tool: Which one.
        binary: Its command, or the interpreter with Keras.
        path: The file.
    """
    commands = {
        "lamina": [binary, "-c", _AUDIT, "--quiet", str(path)],
        "modelaudit": [binary, "scan", str(path)],
        "picklescan": [binary, "-p", str(path)],
    }
    code, text, seconds = _run(commands[tool])
    return _answer(tool, code, text), seconds


def _run(command: list[str]) -> tuple[int, str, float]:
    """The exit code of a command, what it writes, and the seconds of the processor that it takes."""
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, env=_ENVIRONMENT)
        limit = threading.Timer(_TIMEOUT, process.kill)
        limit.start()
        _, status, used = os.wait4(process.pid, 0)
        limit.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        text = output.read().decode(errors="replace")
    return process.returncode, text, used.ru_utime + used.ru_stime


def load_all(python: str, paths: list[Path]) -> list[tuple[str, float]]:
    """Whether Keras refuses each file in safe mode: "flags", "passes" or "fails", and what it took."""
    done = subprocess.run(
        [python, "-c", _LOAD, *map(str, paths)], capture_output=True, text=True, check=False
    )
    found = []
    for line in done.stdout.splitlines():
        code, seconds = line.split()
        answer = {"0": "passes", str(9 << 8): "flags"}.get(code, "fails")
        found.append((answer, float(seconds)))
    return found


def _answer(tool: str, code: int, text: str) -> str:
    if tool == "lamina":
        return "passes" if code in (0, 1) else "flags"
    if tool == "picklescan" and "Scanned files: 0" in text:
        return "skips"
    return "passes" if code == 0 else "flags" if code == 1 else "fails"


def scan_folder(binary: str, corpus: Path, names: list[str]) -> list[tuple[str, float]]:
    """What modelscan says of every file, in one run; the seconds are shared out evenly."""
    with tempfile.TemporaryDirectory() as place:
        output = Path(place, "out.json")
        _, _, seconds = _run([binary, "-p", str(corpus), "-r", "json", "-o", str(output)])
        report = json.loads(output.read_text())
    each = seconds / len(names)
    flagged = {issue["source"].split(":")[0] for issue in report["issues"]}
    scanned = set(report["summary"]["scanned"]["scanned_files"])
    found = []
    for name in names:
        answer = "flags" if name in flagged else "passes" if name in scanned else "skips"
        found.append((answer, each))
    return found


def compare(corpus: Path, tools: dict[str, str], jobs: int, kept: Path) -> Answers:
    """The answers of every tool on every file of a corpus, by tool and file name.

    Args:
        corpus: The corpus.
        tools: The command or interpreter of each tool.
        jobs: Processes at once.
        kept: A JSON file with the answers so far; tools in it are not run again.
    """
    answers: Answers = json.loads(kept.read_text()) if kept.exists() else {}
    names = [row["file"] for row in json.loads((corpus / "manifest.json").read_text())]
    for tool in [tool for tool in tools if tool not in answers]:
        binary = tools[tool]
        if tool == "keras":
            found = load_all(binary, [corpus / name for name in names])
        elif tool == "modelscan":
            found = scan_folder(binary, corpus, names)
        else:
            with ThreadPoolExecutor(jobs) as pool:
                found = list(pool.map(lambda name, t=tool, b=binary: scan(t, b, corpus / name), names))
        answers[tool] = dict(zip(names, found, strict=True))
        print(f"{tool}: {Counter(answer for answer, _ in found)}", file=sys.stderr)
        kept.write_text(json.dumps(answers))
    print(f"a payload ran: {(corpus / 'MARKER').exists()}", file=sys.stderr)
    return answers


def summary(corpus: Path, answers: Answers, versions: dict[str, str]) -> str:
    """The answers as a Markdown table: a row for each tool, hostile and harmless files apart."""
    rows = {row["file"]: row["verdict"] for row in json.loads((corpus / "manifest.json").read_text())}
    harmless = {name for name in rows if "_benign_" in name}
    kinds = ("not allowed", "not understood", "by name")
    lines = [
        f"Measured on {datetime.date.today().isoformat()}: how many files each flags, of those that lamina "
        "finds not allowed, not understood or by name, and of the harmless ones. modelscan read the folder "
        "in one run, Keras loaded each file in a fork, in safe mode, and the others had a process for each "
        "file. Of Keras every exception counts; it may have refused a file made by hand for another reason, "
        "such as missing weights. lamina's exit code 1, by which a human must look, does not count as a flag. "
        "Seconds are those of the processor: of Keras without its import. modelaudit ran with its telemetry "
        "off (`PROMPTFOO_DISABLE_TELEMETRY=1`, also in the benchmarks): with it, and without a network, each "
        "process waits eleven seconds more.",
        "",
        f"| tool | version | {' | '.join(kinds)} | harmless (false alarms) | not scanned | processor s/file, median |",
        "|---|---|---:|---:|---:|---:|---:|---:|",
    ]
    for tool, found in answers.items():
        cells = []
        for kind in kinds:
            names = [name for name, verdict in rows.items() if verdict == kind and name not in harmless]
            cells.append(f"{sum(found[name][0] == 'flags' for name in names)}/{len(names)}")
        alarms = sum(found[name][0] == "flags" for name in harmless)
        lost = sum(answer in ("skips", "fails") for answer, _ in found.values())
        seconds = sorted(time for _, time in found.values())[len(found) // 2]
        cells += [f"{alarms}/{len(harmless)}", str(lost), f"{seconds:.2f}"]
        lines.append(f"| {tool} | {versions[tool]} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--scanners", type=Path, help="the folder with the scanners' commands")
    parser.add_argument("--keras", help="an interpreter with Keras")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--answers", type=Path, default=Path("answers.json"), help="where answers are kept")
    parser.add_argument("--readme", action="store_true", help="put the table into README.md")
    options = parser.parse_args()
    tools = {"lamina": sys.executable}
    if options.keras:
        tools["keras"] = options.keras
    for name in ("modelscan", "modelaudit", "picklescan"):
        if options.scanners and (options.scanners / name).exists():
            tools[name] = str(options.scanners / name)
    table = summary(
        options.corpus, compare(options.corpus, tools, options.jobs, options.answers), _versions(tools)
    )
    print(table)
    if options.readme:
        path = Path(__file__).with_name("README.md")
        head, _, rest = path.read_text().partition(_BEGIN)
        path.write_text(f"{head}{_BEGIN}\n{table}\n{_END}{rest.partition(_END)[2]}")


def _versions(tools: dict[str, str]) -> dict[str, str]:
    found = {}
    for tool, binary in tools.items():
        python = binary if tool in ("lamina", "keras") else str(Path(binary).with_name("python"))
        code = f"import importlib.metadata as m; print(m.version({tool!r}))"
        done = subprocess.run([python, "-c", code], capture_output=True, text=True, check=False)
        found[tool] = done.stdout.strip() or "this checkout"
    return found


if __name__ == "__main__":
    main()
