"""Write the corpus into a folder, or its table into README.md.

    python -m attacks.make FOLDER      every file, and manifest.json
    python -m attacks.make --readme    the table of attacks/README.md, with what lamina answers

No payload runs while the files are made. One that ran later would create FOLDER/MARKER.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from attacks import benign, code, config, container, more
from attacks.registry import ATTACKS, Attack

MODULES = (code, config, container, benign, more)
_BEGIN, _END = "<!-- table -->", "<!-- end of table -->"


def make(folder: Path) -> list[Attack]:
    """Write every file of the corpus.

    Args:
        folder: Where to; it is created.

    Returns:
        The attacks, in order.
    """
    folder.mkdir(parents=True, exist_ok=True)
    marker = str(folder / "MARKER")
    for attack in ATTACKS:
        content = attack.make(marker)
        path = folder / attack.file
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.mkdir(exist_ok=True)
            for name, data in content.items():
                (path / name).write_bytes(data)
    rows = [{"file": a.file, "verdict": a.verdict, "rule": a.rule, "attempts": a.attempts} for a in ATTACKS]
    (folder / "manifest.json").write_text(json.dumps(rows, indent=1))
    return ATTACKS


def table() -> str:
    """The corpus as a Markdown table."""
    lines = ["| file | what it attempts | for | lamina answers | rule |", "|---|---|---|---|---|"]
    for attack in ATTACKS:
        rule = f"`{attack.rule}`" if attack.rule and not attack.rule.endswith(".") else ""
        lines.append(f"| {attack.file} | {attack.attempts} | {attack.advisory} | {attack.verdict} | {rule} |")
    return "\n".join(lines)


def write_readme() -> None:
    """Put the table into README.md, between its two comments."""
    path = Path(__file__).with_name("README.md")
    head, _, rest = path.read_text().partition(_BEGIN)
    _, _, tail = rest.partition(_END)
    path.write_text(f"{head}{_BEGIN}\n{table()}\n{_END}{tail}")


if __name__ == "__main__":
    if sys.argv[1:] == ["--readme"]:
        write_readme()
    elif len(sys.argv) == 2:
        print(f"{len(make(Path(sys.argv[1]).resolve()))} files in {sys.argv[1]}")
    else:
        sys.exit(__doc__)
