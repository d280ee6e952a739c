"""A live Python function becomes an expression."""

from lamina.tracing.api import Captured as Captured
from lamina.tracing.api import capture as capture
from lamina.tracing.api import capture_with_state as capture_with_state
