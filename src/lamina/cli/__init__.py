"""The command `lamina`: a table of commands, each in a module of its own.

A module is imported when its command runs or shows its own help, so `lamina --help` costs
neither the time nor the memory of a deep-learning framework.
"""

from __future__ import annotations

import gc
from typing import Any

import click

from lamina.cli.lazy import LazyGroup
from lamina.errors import LaminaError

# name: (module, one line for `lamina --help`). The module holds the click command as `command`.
COMMANDS = {
    "show": ("lamina.cli.show", "Show what each Lambda of a model file computes."),
    "audit": ("lamina.cli.audit", "Say what each file computes, and whether it is safe to load."),
    "convert": ("lamina.cli.convert", "Convert old model files to .keras files of Keras 3."),
    "demo": ("lamina.cli.demo", "Train, save, reload and compare a model with three Lambda layers."),
}

# So many between two searches for garbage, of which there is hardly any while modules are imported.
_NEW_OBJECTS = 50_000


class Commands(LazyGroup):
    """The commands of lamina."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; an error that lamina raised on purpose is a message, not a traceback."""
        try:
            return super().invoke(ctx)
        except LaminaError as error:
            raise click.ClickException(str(error)) from error


@click.command(cls=Commands, table=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="lamina", message="%(prog)s %(version)s")
def group() -> None:
    """Any expression as a Keras layer: portable, safe, trainable, fast."""


def main() -> None:
    """Entry point of `lamina` and of `python -m lamina`."""
    gc.set_threshold(_NEW_OBJECTS)
    group(prog_name="lamina")
