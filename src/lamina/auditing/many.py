"""Audits of many files: at once in this process, and in further ones as soon as they are worth their start."""

from __future__ import annotations

import os
import sys
import time
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

_CHUNK = 16  # files, at most, that a process is given at a time
_CHUNK_SECONDS = 0.1
_START_SECONDS = 0.25  # until further processes have begun
_ALONE_SECONDS = 1.0  # until the process has loaded what the files need, and times tell of what is to come
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
        workers: 1 for this process alone, or the number of further ones, which do all the work. By default
            this process begins, and one per core takes over when what is left takes longer than their start.
    """
    if workers is None:
        seconds: list[float] = []
        yield from _here(targets, seconds)
        left, count = targets[len(seconds) :], os.cpu_count() or 1
        yield from _in_processes(left, count, chunk_size(seconds))
    elif workers == 1:
        yield from map(audit_target, targets)
    else:
        yield from _in_processes(targets, workers, _CHUNK)


def _here(targets: Sequence[str], seconds: list[float]) -> Iterator[Report]:
    """Audits in this process until others are worth their start; how long each file took is added to `seconds`."""
    several = (os.cpu_count() or 1) > 1
    for target in targets:
        if several and worth_processes(seconds, len(targets) - len(seconds)):
            return
        # What others do on the machine does not count, as further processes do not help against that.
        clock = time.perf_counter if is_url(target) else time.process_time
        begun = clock()
        report = audit_target(target)
        seconds.append(clock() - begun)
        yield report


def worth_processes(seconds: Sequence[float], left: int) -> bool:
    """Whether to start further processes.

    What is left must take longer than their start. Of that the later files tell: the first ones load what they
    need.

    Args:
        seconds: How long each file took until now.
        left: How many are left.

    Example:
        >>> worth_processes([0.9, 0.2, 0.01, 0.01], 40), worth_processes([0.9, 0.2, 0.01, 0.01], 400)
        (False, True)
    """
    later = seconds[len(seconds) // 2 :]
    return sum(seconds) > _ALONE_SECONDS and left * sum(later) > 2 * _START_SECONDS * len(later)


def chunk_size(seconds: Sequence[float]) -> int:
    """How many files a process is given at a time: as many as take a tenth of a second, up to sixteen.

    Example:
        >>> chunk_size([0.001, 0.001]), chunk_size([2.0])
        (16, 1)
    """
    later = seconds[len(seconds) // 2 :]
    return max(1, min(_CHUNK, int(_CHUNK_SECONDS * len(later) / (sum(later) or 1.0))))


def _in_processes(targets: Sequence[str], workers: int, size: int) -> Iterator[Report]:
    """Audits in processes, none of which can end the run."""
    if not targets:
        return
    lost: list[str] = []
    chunks = [tuple(targets[i : i + size]) for i in range(0, len(targets), size)]
    yield from _in_pool(chunks, workers, lost)
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
