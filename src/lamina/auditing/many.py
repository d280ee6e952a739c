"""Audits of many files at once, in processes, none of which can end the run."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from lamina.auditing.functions import finding
from lamina.auditing.isolation import FRAMEWORKS
from lamina.auditing.scan import audit
from lamina.auditing.targets import import_fsspec, is_url
from lamina.auditing.verdicts import Report

if TYPE_CHECKING:
    from concurrent.futures import Future
    from multiprocessing.context import BaseContext

_CHUNK = 16
_FEW = 48  # files that one process audits before a second one has started
_REMOTE_BYTES = 1 << 30


def audit_target(target: str) -> Report:
    """The report on a path or URL; whatever happens, there is one.

    Args:
        target: A path, or a URL that fsspec knows.
    """
    if not is_url(target):
        return audit(target)
    try:
        fsspec = import_fsspec()
        with fsspec.open(target, "rb") as file:
            data = file.read(_REMOTE_BYTES + 1)
    except Exception as error:  # every file system has errors of its own
        return _unfinished(target, f"{type(error).__name__}: {error}")
    if len(data) > _REMOTE_BYTES:
        return _unfinished(target, f"it is larger than {_REMOTE_BYTES} bytes")
    return audit(data, name=target)


def audit_many(targets: Sequence[str], workers: int | None = None) -> Iterator[Report]:
    """Yields a report for each target, in order of completion.

    Args:
        targets: Paths and URLs.
        workers: Processes; by default one per core, and none for a few files.
    """
    count = workers if workers is not None else 1 if len(targets) < _FEW else os.cpu_count() or 1
    if count <= 1 or len(targets) <= 1:
        yield from map(audit_target, targets)
        return
    waiting = [tuple(targets[i : i + _CHUNK]) for i in range(0, len(targets), _CHUNK)]
    lost: list[str] = []
    yield from _in_pool(waiting, count, lost)
    for target in lost:  # each in a process of its own, so that the culprit is known
        yield from _alone(target)


def _context() -> BaseContext:
    """How processes start: a fork is fastest, but must not copy the threads of a framework."""
    import multiprocessing

    threaded = not FRAMEWORKS.isdisjoint(sys.modules)
    return multiprocessing.get_context("spawn" if threaded else None)


def _in_pool(chunks: list[tuple[str, ...]], workers: int, lost: list[str]) -> Iterator[Report]:
    # Imported here: it takes longer than the audit of a file.
    from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
    from concurrent.futures.process import BrokenProcessPool

    with ProcessPoolExecutor(workers, mp_context=_context()) as pool:
        running: dict[Future[list[Report]], tuple[str, ...]] = {}
        try:
            running = {pool.submit(_audit_chunk, chunk): chunk for chunk in chunks}
        except BrokenProcessPool:
            lost += [target for chunk in chunks for target in chunk if chunk not in running.values()]
        while running:
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                chunk = running.pop(future)
                if future.exception() is None:
                    yield from future.result()
                else:
                    lost += chunk


def _alone(target: str) -> Iterator[Report]:
    from concurrent.futures import ProcessPoolExecutor

    with ProcessPoolExecutor(1, mp_context=_context()) as pool:
        try:
            yield pool.submit(audit_target, target).result()
        except Exception as error:
            yield _unfinished(target, f"the process that read it ended: {error}")


def _audit_chunk(chunk: tuple[str, ...]) -> list[Report]:
    return [audit_target(target) for target in chunk]


def _unfinished(target: str, reason: str) -> Report:
    return Report(target, findings=(finding("audit.unfinished", reason[:500]),))
