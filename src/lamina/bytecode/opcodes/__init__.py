"""The instruction sets of Python 2.7 and 3.4 to 3.14, one `Table` each.

Example:
    >>> TABLES["3.8"].names[124], TABLES["3.13"].names[85]
    ('LOAD_FAST', 'LOAD_FAST')
"""

from __future__ import annotations

from lamina.bytecode.opcodes.table import TABLES, VERSIONS, Table

__all__ = ["TABLES", "VERSIONS", "Table"]
