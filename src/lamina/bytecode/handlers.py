"""All operations of the evaluator by name."""

from __future__ import annotations

from lamina.bytecode.handlers_calls import CALL_HANDLERS
from lamina.bytecode.handlers_control import CONTROL_HANDLERS
from lamina.bytecode.handlers_data import DATA_HANDLERS
from lamina.bytecode.handlers_stack import STACK_HANDLERS, Handler

HANDLERS: dict[str, Handler] = {
    **STACK_HANDLERS,
    **DATA_HANDLERS,
    **CONTROL_HANDLERS,
    **CALL_HANDLERS,
}
