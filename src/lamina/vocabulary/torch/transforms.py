"""Functions of functions: `vmap`, branches, loops, and what only matters to PyTorch itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from lamina.expression.model import map_tree
from lamina.vocabulary import dispatch
from lamina.vocabulary.dispatch import ops
from lamina.vocabulary.torch.arguments import is_tensor, is_tracer, operand, refuse, tensor


def vmap(
    func: Callable[..., Any],
    in_dims: Any = 0,
    out_dims: Any = 0,
    randomness: str = "error",
    *,
    chunk_size: int | None = None,
) -> Callable[..., Any]:
    """`torch.vmap`: the function on all slices along an axis at once."""

    def mapped(*args: Any, **kwargs: Any) -> Any:
        dims = in_dims if isinstance(in_dims, (tuple, list)) else (in_dims,) * len(args)
        batched = [_first(x, d) for x, d in zip(args, dims, strict=True) if d is not None]

        def on_slices(slices: Sequence[Any]) -> Any:
            rest = iter(slices)
            given = [x if d is None else next(rest) for x, d in zip(args, dims, strict=True)]
            return _as_tuple(func(*given, **kwargs))

        if not batched:
            refuse("vmap", "in_dims names no axis", "give an axis for one argument at least")
        return _placed(ops.vectorized_map(on_slices, tuple(batched)), out_dims)

    return mapped


def _first(x: Any, dim: int) -> Any:
    return ops.moveaxis(tensor(x), dim, 0) if dim != 0 else operand(x)


def _as_tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, (list, tuple)) else value


def _placed(result: Any, dims: Any) -> Any:
    if isinstance(result, (tuple, list)):
        places = dims if isinstance(dims, (tuple, list)) else (dims,) * len(result)
        return tuple(_placed(x, d) for x, d in zip(result, places, strict=True))
    return ops.moveaxis(result, 0, dims) if dims != 0 else result


def cond(pred: Any, true_fn: Callable[..., Any], false_fn: Callable[..., Any], operands: Any = ()) -> Any:
    """`torch.cond`: one of two functions of the operands."""
    if isinstance(pred, (bool, int)):
        return (true_fn if pred else false_fn)(*operands)
    condition = ops.reshape(operand(pred), ())
    return ops.cond(condition, lambda: _tensors(true_fn(*operands)), lambda: _tensors(false_fn(*operands)))


def _tensors(value: Any) -> Any:
    """The results of a branch as tensors, so that both branches agree."""
    return map_tree(lambda leaf: leaf if leaf is None else tensor(leaf), value)


def while_loop(cond_fn: Callable[..., Any], body_fn: Callable[..., Any], carried_inputs: Any) -> Any:
    """`torch._higher_order_ops.while_loop`: as long as the condition holds."""
    start = tuple(tensor(x) for x in carried_inputs)

    def body(*values: Any) -> Any:
        found = body_fn(*values)
        return tuple(_tensors(found)) if isinstance(found, (tuple, list)) else (tensor(found),)

    return ops.while_loop(lambda *values: ops.reshape(cond_fn(*values), ()), body, start)


# What PyTorch does to run, and an expression does not need


class _Mode:
    """A context that may also decorate a function, and changes nothing."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._stack: list[Any] = []

    def __enter__(self) -> _Mode:
        return self

    def __exit__(self, *error: Any) -> None:
        """Nothing."""

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def within(*args: Any, **kwargs: Any) -> Any:
            with self:
                return function(*args, **kwargs)

        return within


class mode(_Mode):
    """`torch.autocast`, `torch.enable_grad` and others that an expression does without."""


class no_grad(_Mode):
    """`torch.no_grad` and `torch.inference_mode`: no gradient flows through what is computed inside.

    Args:
        mode: Whether it has an effect at all.
    """

    def __new__(cls, mode: Any = True, **kwargs: Any) -> Any:
        """A context; or, of a function, the function within one."""
        self = super().__new__(cls)
        if callable(mode) and not is_tensor(mode):
            self.__init__()  # type: ignore[misc]
            return self(mode)
        return self

    def __init__(self, mode: Any = True, **kwargs: Any) -> None:
        super().__init__()
        self._active = mode is not False

    def __enter__(self) -> _Mode:
        recorder: Any = dispatch.active()
        if recorder is not None and self._active:
            self._stack.append((recorder.memory, recorder.memory.watch_made()))
        else:
            self._stack.append(None)
        return self

    def __exit__(self, *error: Any) -> None:
        """What was made inside stands for itself without a gradient from now on."""
        entry = self._stack.pop()
        if entry is None or error[0] is not None:
            return
        memory, made = entry
        memory.unwatch_made(made)
        for tracer in made:
            if is_tracer(tracer):
                stopped = ops.stop_gradient(tracer)
                tracer.recorder, tracer.ref = stopped.recorder, stopped.ref


def set_grad_enabled(mode: bool) -> Any:
    """`torch.set_grad_enabled` as a context."""
    return no_grad(not mode)


def identity_decorator(function: Any = None, *args: Any, **kwargs: Any) -> Any:
    """`torch.compile` and `torch.jit.script`: the function itself."""
    return function if function is not None else lambda inner: inner


def trace(function: Any, *args: Any, **kwargs: Any) -> Any:
    """`torch.jit.trace`: the function itself."""
    return function


def checkpoint(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """`torch.utils.checkpoint.checkpoint`: the function called."""
    for name in ("use_reentrant", "preserve_rng_state", "context_fn", "determinism_check", "debug"):
        kwargs.pop(name, None)
    return function(*args, **kwargs)


def nothing(*args: Any, **kwargs: Any) -> None:
    """What sets up PyTorch and leaves no trace in an expression."""


def no_effect(*args: Any, **kwargs: Any) -> bool:
    """What asks about a device or a mode: there is none."""
    return False
