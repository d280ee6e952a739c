"""A live Python function becomes an expression."""

from lamina.capture.api import Captured as Captured
from lamina.capture.api import capture as capture
from lamina.capture.api import capture_with_state as capture_with_state
