"""`lamina show`: what each Lambda of a model file computes."""

from __future__ import annotations

import json
import sys
from typing import Any

import click


@click.command(name="show")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True))
@click.option("--json", "as_json", is_flag=True, help="One JSON object for each file.")
def command(files: tuple[str, ...], as_json: bool) -> None:
    """Show the Lambda layers of model FILES: where they stand, which Python wrote them, what they compute.

    The files are read, and nothing in them is run. A SavedModel is given as its directory.
    """
    from lamina.errors import LaminaError
    from lamina.view.lambdas import Shown, shown

    failed = False
    for file in files:
        try:
            found: list[Shown] = shown(file)
        except LaminaError as error:
            failed = True
            click.echo(f"{file}: {error}", err=True)
            continue
        _print_json(file, found) if as_json else _print_table(file, found)
    sys.exit(3 if failed else 0)


def _print_json(file: str, found: list[Any]) -> None:
    click.echo(json.dumps({"file": file, "lambdas": [item.to_dict() for item in found]}))


def _print_table(file: str, found: list[Any]) -> None:
    from rich.console import Console

    from lamina.view.tables import Row, print_lambdas

    rows = [Row(f.path, f.python, _written(f.arguments), f.source or f.verdict) for f in found]
    print_lambdas(Console(emoji=False), f"{file}: {len(found)} Lambda{'' if len(found) == 1 else 's'}", rows)


def _written(arguments: Any) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in arguments.items())
