"""An expression on PyTorch as the calls of torch that Keras made for it.

Before each kernel Keras converts, casts, promotes and asks for devices, in Python, and on tensors of one
shape, dtype and device all of that comes out the same each time. So one eager call is watched, and what it
called of torch becomes straight-line code, which torch differentiates, autocasts and traces like any other:

    def run(v0):
        v1 = mean(v0, (1,), True)
        v2 = subtract(v0, v1); del v1
        ...

A call that reads values (`if x.sum() > 0`), or passes anything by torch that is not watched, is not recorded.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch.autograd.function import BackwardCFunction
from torch.overrides import TorchFunctionMode

from lamina.execution.generated import Writer, compiled, source_of
from lamina.expression.model import Call, Expression, FrozenDict, FrozenList, Ref, Slice, Spec, leaves

# Longer recordings are unrolled loops, which the expression holds once.
LONGEST = 2048
# Attributes and functions of a tensor that shape, dtype and device decide.
_ATTRIBUTES = frozenset(
    "device dtype is_cpu is_cuda is_meta is_mps is_quantized is_sparse is_xla itemsize layout names ndim "
    "shape".split()
)
_QUESTIONS = frozenset(
    "__len__ can_cast dim element_size get_device is_complex is_contiguous is_floating_point is_signed nelement "
    "ndimension numel promote_types result_type size".split()  # strides decide how fast it is, not what it is
)
# What is made of numbers alone is known; it is made once, if it is small and nothing can change it.
_MAKERS = (torch.as_tensor, torch.tensor, torch.full, torch.zeros, torch.ones, torch.arange, torch.eye)
_DRAWS = re.compile("rand|drop|bernoulli|normal|multinomial|poisson|uniform|exponential|geometric|cauchy")
_SMALL = 4096
_COPIES = {"copy", "memory_format"}
_LITERALS = (bool, int, float, complex, str, type(None), type(...), torch.dtype, torch.device, torch.layout,
             torch.memory_format, np.ndarray, np.generic)  # fmt: skip


class NotRecordable(Exception):
    """A call does more than pass tensors from kernel to kernel."""


def record(function: Callable[..., Any], values: Sequence[Any]) -> Callable[..., Any]:
    """What a function calls of torch, as a function.

    Args:
        function: Of tensors, to a tensor or a list of tensors.
        values: Tensors to watch it on; what is made holds for others of their shapes, dtypes and devices.

    Raises:
        NotRecordable: What it computes is not decided by these.
    """
    # A gradient of its own shows where torch follows gradients, and only there.
    with torch.inference_mode(False), torch.enable_grad():
        values = [_followed(value) for value in values]
        watch = _Watch(values)
        with watch:
            outputs = function(*values)
    return watch.written(outputs)


def _followed(value: Any) -> Any:
    if not isinstance(value, torch.Tensor):
        return value
    copied = value.detach().clone()
    differentiable = copied.is_floating_point() or copied.is_complex()
    return copied.requires_grad_().clone() if differentiable else copied  # no leaf: it may be assigned to


class _Watch(TorchFunctionMode):
    """Notes every call of torch."""

    def __init__(self, values: Sequence[Any]) -> None:
        super().__init__()
        self._values = values
        self._calls: list[Call] = []
        self._functions: list[Any] = []
        self._known: set[int] = set()
        self._names = {id(value): Ref(number) for number, value in enumerate(values)}
        self._alive: list[Any] = []  # so that no id comes twice
        self._constants: dict[str, Any] = {}
        self._problem = ""
        self._in_place = False

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        tensors = [leaf for leaf in leaves((args, kwargs)) if isinstance(leaf, torch.Tensor)]
        versions = [tensor._version for tensor in tensors]
        result = func(*args, **kwargs)
        if not self._problem and not _is_question(func):
            self._in_place |= versions != [tensor._version for tensor in tensors]
            try:
                self._note(func, args, kwargs, result, self._is_known(func, tensors))
            except NotRecordable as error:
                self._problem = str(error)
        return result

    def _note(self, func: Any, args: Any, kwargs: Mapping[str, Any], result: Any, known: bool) -> None:
        if func is torch.Tensor.to and result is args[0] and not _COPIES & kwargs.keys():
            return  # dtype and device were right already
        found = list(_tensors(result))
        if not found and known:
            return
        if not found and func is not torch.Tensor.__setitem__:
            raise NotRecordable(f"{func.__name__} tells the code around it more than sizes and dtypes")
        self._write(func, args, kwargs)
        self._keep(found, known)

    def _write(self, func: Any, args: Any, kwargs: Mapping[str, Any]) -> None:
        if len(self._calls) == LONGEST:
            raise NotRecordable(f"it makes more than {LONGEST} calls of torch")
        read = tuple((key, self._read(value)) for key, value in kwargs.items())
        self._calls.append(Call(str(len(self._calls)), self._read(args), read))
        self._functions.append(func)

    def _keep(self, found: Sequence[tuple[tuple[int, ...], torch.Tensor]], known: bool) -> None:
        """Name the tensors that the last call made."""
        number = len(self._values) + len(self._calls) - 1
        for path, tensor in found:
            self._names[id(tensor)] = Ref(number, path)
            self._alive.append(tensor)
            if known:
                self._known.add(id(tensor))
                if not path and tensor.numel() <= _SMALL:
                    self._constants[self._calls[-1].op] = tensor

    def _is_known(self, func: Any, tensors: Sequence[torch.Tensor]) -> bool:
        """Whether a result depends on nothing that a call is given, nor can have been changed to."""
        if self._in_place:
            return False
        if not tensors:
            return func in _MAKERS
        return all(id(tensor) in self._known for tensor in tensors) and not _DRAWS.search(func.__name__)

    def _read(self, value: Any) -> Any:
        """An argument, with references for tensors."""
        if isinstance(value, torch.Tensor):
            if id(value) not in self._names:
                raise NotRecordable("it reads a tensor that comes from elsewhere than the functions of torch")
            return self._names[id(value)]
        if isinstance(value, slice):
            return Slice(*map(self._read, (value.start, value.stop, value.step)))
        if isinstance(value, dict):
            return FrozenDict({key: self._read(item) for key, item in value.items()})
        if isinstance(value, (list, tuple)):
            return (FrozenList if isinstance(value, list) else tuple)(map(self._read, value))
        if isinstance(value, _LITERALS):
            return value
        raise NotRecordable(f"an argument is a {type(value).__name__}")

    def written(self, outputs: Any) -> Callable[..., Any]:
        """The function that makes the calls again.

        Raises:
            NotRecordable: Some of them cannot be made again.
        """
        if self._problem:
            raise NotRecordable(self._problem)
        if any(isinstance(tensor.grad_fn, BackwardCFunction) for tensor in self._alive):
            raise NotRecordable("it has a gradient of its own")
        results = self._read(outputs)
        kept = {} if self._in_place or self._shares_memory(outputs) else self._constants
        inputs = tuple(Spec(None) for _ in self._values)
        expression = Expression(inputs, tuple(self._calls), results)
        return compiled(*source_of(expression, _TorchWriter(self._functions, kept)))

    def _shares_memory(self, outputs: Any) -> bool:
        """Whether who gets the outputs could change a constant."""
        kept = {tensor.untyped_storage().data_ptr() for tensor in self._constants.values()}
        return any(leaf.untyped_storage().data_ptr() in kept for leaf in leaves(outputs))


class _TorchWriter(Writer):
    """Writes calls of torch.

    Args:
        functions: The functions of the calls, in their order.
        constants: The results that are known, by call.
    """

    def __init__(self, functions: Sequence[Any], constants: Mapping[str, Any]) -> None:
        super().__init__()
        self._functions = functions
        self._constants = constants

    def call(self, call: Call) -> str:
        """A call of torch, or its result."""
        if call.op in self._constants:
            return self.refer(self._constants[call.op])
        function = self._functions[int(call.op)]
        named = [f"{key}={self.value(value)}" for key, value in call.kwargs]
        return (
            f"{self.refer(function, function.__name__)}({', '.join([*map(self.value, call.args), *named])})"
        )


def _is_question(func: Any) -> bool:
    """Whether the answer is the same for all tensors of one shape, dtype and device."""
    if func.__name__ == "__get__":
        return func.__self__.__name__ in _ATTRIBUTES
    return func.__name__ in _QUESTIONS


def _tensors(result: Any) -> Iterator[tuple[tuple[int, ...], torch.Tensor]]:
    """The tensors of a result, and their places in it; none if there is anything else in it."""
    if isinstance(result, torch.Tensor):
        yield (), result
    elif isinstance(result, (tuple, list)) and all(isinstance(each, torch.Tensor) for each in result):
        yield from (((place,), tensor) for place, tensor in enumerate(result))
