"""The README keeps its word: its code runs, and its quickstart is the code of the demo."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from lamina.cli import quickstart

README = (Path(__file__).resolve().parents[1] / "README.md").read_text()
PYTHON = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
SCRIPTS = Path(quickstart.__file__).parent
BLOCKS = [block for block in PYTHON if "__main__" not in block]


def run(code: str, folder: Path) -> str:
    script = folder / "block.py"
    script.write_text(code)
    done = subprocess.run([sys.executable, script], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def output_after(block: str) -> str:
    """The ```text block that directly follows a block of code."""
    after = README.split(block + "```\n", 1)[1].lstrip("\n")
    return re.match(r"```text\n(.*?)```", after, re.DOTALL)[1] if after.startswith("```text") else ""


def words(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.backend_free
def test_the_first_screen_has_the_code_and_the_two_commands():
    screen = "\n".join(README.splitlines()[:40])
    assert PYTHON[0] in screen
    assert "make demo" in screen
    assert "make test" in screen
    assert len(PYTHON[0].strip().splitlines()) <= 14


@pytest.mark.backend_free
@pytest.mark.parametrize("name", ["train.py", "reload.py"])
def test_the_quickstart_is_the_code_that_the_demo_runs(name):
    assert (SCRIPTS / name).read_text() in PYTHON


@pytest.mark.backend_free
def test_the_quickstart_trains_and_reloads(tmp_path):
    sources = run((SCRIPTS / "train.py").read_text(), tmp_path)
    assert re.findall(r"^def (\w+)", sources, re.MULTILINE) == ["scale", "antirectifier", "l2_normalize"]
    assert re.search(r": accuracy 9\d\.\d+%", run((SCRIPTS / "reload.py").read_text(), tmp_path))


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.strip().splitlines()[-1][:30])
def test_each_other_block_runs_and_prints_what_the_readme_says(block, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    exec(compile(block, "example.py", "exec"), {"__name__": "__main__"})
    assert words(output_after(block)) in words(capsys.readouterr().out)
