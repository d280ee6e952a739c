"""`lamina demo`: the quickstart on real data, with what happens shown on the way."""

from __future__ import annotations

import os
import runpy
import subprocess
import sys
import tempfile
import time
from contextlib import nullcontext
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.syntax import Syntax

BACKENDS = ("jax", "tensorflow", "torch")
TRAIN = Path(__file__).parent / "quickstart" / "train.py"


@click.command()
@click.option("--save", type=click.Path(path_type=Path), help="Keep the trained model as this .keras file.")
@click.option("--epochs", default=15, show_default=True, help="Rounds over the training images.")
def command(save: Path | None, epochs: int) -> None:
    """Train a model with three Lambda layers, print them, reload it elsewhere.

    The data are scikit-learn's handwritten digits. The model is loaded again in a fresh process
    on every backend that is installed, and must give the same outputs there.
    """
    if not (find_spec("sklearn") and _installed()):
        raise click.ClickException("the demo needs scikit-learn and a Keras backend: install lamina[demo]")
    console, started = Console(highlight=False), time.perf_counter()
    with tempfile.TemporaryDirectory() if save is None else nullcontext(save.parent) as folder:
        name = Path(folder, save.stem if save else "digits")
        name.parent.mkdir(parents=True, exist_ok=True)
        model = _train(console, name, epochs)
        _print_expressions(console, model)
        console.print(f"\nSaved as {name}.keras, and tested on {_describe(name)}")
        agreed = [_reload(console, name, backend) for backend in _installed()]
    if not all(agreed):
        raise click.ClickException("a reloaded model differs from the trained one")
    console.print(f"[bold green]Same accuracy, same outputs[/], after {time.perf_counter() - started:.0f} s.")


def _installed() -> list[str]:
    return [backend for backend in BACKENDS if find_spec(backend)]


def _train(console: Console, name: Path, epochs: int) -> Any:
    os.environ.setdefault("KERAS_BACKEND", _installed()[0])
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    with console.status("Starting Keras"):
        import keras

        # As a script of its own and not a part of lamina, whose functions capture does not follow.
        train = runpy.run_path(str(TRAIN), run_name="train")["main"]
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[accuracy]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console) as progress:
        task = progress.add_task(f"Training on {keras.backend.backend()}", total=epochs, accuracy="")

        def show(epoch: int, logs: dict[str, float]) -> None:
            progress.update(task, completed=epoch + 1, accuracy=f"accuracy {logs['accuracy']:.2%}")

        callback = keras.callbacks.LambdaCallback(on_epoch_end=show)
        return train(str(name), epochs=epochs, verbose=0, callbacks=[callback])


def _print_expressions(console: Console, model: Any) -> None:
    from lamina import Lambda

    for layer in model.layers:
        if isinstance(layer, Lambda):
            console.print(f"\nLayer [bold]{layer.name}[/] computes")
            console.print(Syntax(layer.expression.source(), "python", background_color="default"))


def _describe(name: Path) -> str:
    import numpy as np

    test = np.load(f"{name}.npz")
    right = test["outputs"].argmax(axis=1) == test["y"]
    return f"{len(right)} unseen images:\n  this process: accuracy {right.mean():.2%}"


def _reload(console: Console, name: Path, backend: str) -> bool:
    """Whether a fresh process on that backend, which has none of the functions, agrees."""
    script = [sys.executable, "-m", "lamina.cli.quickstart.reload", str(name)]
    with console.status(f"Reloading in a fresh process on {backend}"):
        done = subprocess.run(
            script, env={**os.environ, "KERAS_BACKEND": backend}, capture_output=True, text=True, check=False
        )
    console.print(f"  fresh process, {done.stdout.strip()}" if done.returncode == 0 else done.stderr)
    return done.returncode == 0
