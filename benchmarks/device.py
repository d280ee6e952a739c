"""The machine that a run is measured on, and how to wait for it."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any

PACKAGES = ("lamina", "keras", "jax", "tensorflow", "torch", "tf_keras", "numpy")


def waiting(backend: str) -> Callable[[Any], Any]:
    """A function that takes a result and returns once the device has computed it."""
    if backend == "jax":
        import jax

        return jax.block_until_ready
    if backend == "torch":
        import torch

        return _after(torch.cuda.synchronize) if torch.cuda.is_available() else _identity
    import tensorflow as tf

    on_device = tf.config.list_physical_devices("GPU")
    return _after(tf.test.experimental.sync_devices) if on_device else _identity


def _identity(result: Any) -> Any:
    return result


def _after(synchronise: Callable[[], Any]) -> Callable[[Any], Any]:
    def wait(result: Any) -> Any:
        synchronise()
        return result

    return wait


def accelerator(backend: str) -> str | None:
    """The name of the accelerator that a backend computes on, or `None` where it is the CPU."""
    if backend == "jax":
        import jax

        device = jax.devices()[0]
        return None if device.platform == "cpu" else device.device_kind
    if backend == "torch":
        import torch

        return torch.cuda.get_device_name() if torch.cuda.is_available() else None
    import tensorflow as tf

    found = tf.config.list_physical_devices("GPU")
    return tf.config.experimental.get_device_details(found[0]).get("device_name") if found else None


def machine() -> dict[str, Any]:
    """What a reader must know to compare figures."""
    return {
        "cpu": _cpu(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory_gib": round(_memory() / 2**30),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "versions": {name: _version(name) for name in PACKAGES},
    }


def _cpu() -> str:
    info = Path("/proc/cpuinfo")
    found = re.search(r"model name\s*:\s*(.+)", info.read_text()) if info.exists() else None
    name = found[1] if found else platform.processor() or platform.machine()
    return " ".join(re.sub(r"\((R|TM)\)|\bCPU\b|\bProcessor\b|@.*", " ", name).split())


def _memory() -> int:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return 0


def _version(package: str) -> str:
    for name in (package, f"{package}-cpu"):
        try:
            return metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return "not installed"


def slug(text: str) -> str:
    """A name for files: `Intel Xeon, 2 cores` becomes `intel-xeon-2-cores`."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
