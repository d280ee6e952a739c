"""The command line as a whole: help without frameworks, errors without tracebacks."""

from __future__ import annotations

import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from lamina.cli import COMMANDS, Commands, group
from lamina.cli.lazy import LazyGroup
from lamina.errors import ArchiveError

pytestmark = pytest.mark.backend_free

FRAMEWORKS = {"keras", "jax", "tensorflow", "torch", "sklearn"}


@click.command()
@click.option("--broken", is_flag=True)
def command(broken):
    if broken:
        raise ArchiveError("the file ends early")
    click.echo("ran")


def test_help_lists_every_command_and_imports_no_framework():
    code = (
        "import atexit, sys\n"
        "atexit.register(lambda: print('LOADED', *sys.modules))\n"
        "sys.argv[1:] = ['--help']\n"
        "from lamina.cli import main; main()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    help_text, loaded = done.stdout.split("LOADED")
    assert all(name in help_text and summary in help_text for name, (_, summary) in COMMANDS.items())
    assert not FRAMEWORKS & set(loaded.split())


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_of_the_table_exists_and_explains_itself(name):
    result = CliRunner().invoke(group, [name, "--help"])
    assert result.exit_code == 0, result.output
    assert f"Usage: lamina {name}" in result.output.replace("group", "lamina")


def test_an_unknown_command_is_refused_by_name():
    result = CliRunner().invoke(group, ["sing"])
    assert result.exit_code == 2
    assert "No such command 'sing'" in result.output


def test_help_imports_no_command():
    lazy = LazyGroup(table={"later": ("no_such_module", "Does it later.")})
    result = CliRunner().invoke(lazy, ["--help"])
    assert result.exit_code == 0
    assert "Does it later." in result.output


class TestErrors:
    lamina = Commands(table={"here": (__name__, "This module's command.")})

    def test_a_command_is_imported_and_run_by_its_name(self):
        result = CliRunner().invoke(self.lamina, ["here"])
        assert (result.exit_code, result.output) == (0, "ran\n")

    def test_an_error_of_lamina_is_one_line_and_exit_code_one(self):
        result = CliRunner().invoke(self.lamina, ["here", "--broken"])
        assert (result.exit_code, result.output) == (1, "Error: the file ends early\n")
