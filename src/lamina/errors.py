"""The errors that lamina raises on purpose.

Each one derives from `LaminaError` and from the built-in class that a caller who does not
know lamina would catch.
"""

from __future__ import annotations


class LaminaError(Exception):
    """Base class of every error that lamina raises on purpose."""


class ExpressionError(LaminaError, ValueError):
    """An expression breaks a rule of the format: unknown operation, dangling reference, ..."""


class RunError(LaminaError, RuntimeError):
    """An operation of an expression failed on the tensors it was given."""


class SignatureError(LaminaError, ValueError):
    """Inputs have another structure, rank or size than the expression was captured for."""


class CaptureError(LaminaError, TypeError):
    """A Python function cannot be written as an expression."""


class SpecNeededError(CaptureError):
    """A function reads a shape or dtype that is not known before the layer is called."""


class UnknownNameError(CaptureError, AttributeError):
    """A tensor or framework has no such name; `hasattr` and `getattr` with a default see that."""


class SavingError(LaminaError, NotImplementedError):
    """A layer holds something that cannot be saved as data."""


class BytecodeError(LaminaError, ValueError):
    """Saved bytecode is damaged, of an unknown Python, or does what no expression can."""


class NamesNeededError(BytecodeError, NameError):
    """Saved bytecode reads names that the file does not contain; they must be supplied."""


class ArchiveError(LaminaError, ValueError):
    """A model file is damaged, ambiguous, or larger than the limits allow."""


class NodeError(LaminaError, AttributeError, RuntimeError):
    """A layer has no symbolic call, or several different ones, where one is asked for."""


class NodeIndexError(LaminaError, ValueError, IndexError):
    """A layer was called fewer times than the node index asks for."""


class WeightsError(LaminaError, ValueError):
    """Weights do not match those of the layer."""


class UnbuiltError(LaminaError, ValueError, AttributeError):
    """A layer was not used yet, so what is asked for is not determined."""


class UnavailableError(LaminaError, RuntimeError, AttributeError):
    """Something of an old Keras that cannot exist on Keras 3 or on this backend."""


class ArgumentError(LaminaError, ValueError):
    """A framework's function was given arguments that the framework refuses too."""


class OutputShapeError(LaminaError, ValueError):
    """A declared output shape contradicts what the function computes."""


class AmbiguousNameError(NamesNeededError):
    """A file names a function in a way that fits several; the caller must say which."""


class VerificationError(LaminaError, AssertionError, ValueError):
    """An expression and the function it was captured from give different results."""


class ConversionError(LaminaError, ValueError):
    """A model file cannot be converted as asked."""
