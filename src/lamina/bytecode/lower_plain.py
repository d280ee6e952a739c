"""How the instructions other than calls are rewritten, as tables."""

from __future__ import annotations

from lamina.bytecode.decode import Impossible
from lamina.bytecode.operations import Rule, Site, Steps, Target

# The instruction's argument is the operation's own.
RENAMED: dict[str, str] = {
    "COPY": "COPY",
    "SWAP": "SWAP",
    "ROT_N": "SINK",
    "LOAD_FAST": "LOAD",
    "LOAD_FAST_CHECK": "LOAD",
    "LOAD_FAST_BORROW": "LOAD",
    "LOAD_FAST_AND_CLEAR": "LOAD_CLEAR",
    "STORE_FAST": "STORE",
    "DELETE_FAST": "DELETE",
    "LOAD_CONST": "CONST",
    "LOAD_SMALL_INT": "VALUE",
    "BUILD_TUPLE": "TUPLE",
    "BUILD_LIST": "LIST",
    "BUILD_SET": "SET",
    "BUILD_CONST_KEY_MAP": "KEY_MAP",
    "BUILD_STRING": "STRING",
    "BUILD_SLICE": "SLICE",
    "LIST_APPEND": "APPEND",
    "SET_ADD": "ADD",
    "LIST_EXTEND": "EXTEND",
    "SET_UPDATE": "UPDATE",
    "DICT_UPDATE": "DICT_UPDATE",
    "DICT_MERGE": "DICT_MERGE",
    "UNPACK_SEQUENCE": "UNPACK",
    "RAISE_VARARGS": "RAISE",
}

_WHOLE_SLICE: Steps = [("VALUE", None), ("VALUE", None), ("SLICE", 2)]
_SLICE_TO: Steps = [("VALUE", None), ("SWAP", 2), ("SLICE", 2)]
_SLICE_FROM: Steps = [("VALUE", None), ("SLICE", 2)]
_SLICES: tuple[Steps, ...] = (_WHOLE_SLICE, _SLICE_FROM, _SLICE_TO, [("SLICE", 2)])
_NO_ARGUMENT = "NOP RESUME PRECALL CACHE NOT_TAKEN SETUP_ANNOTATIONS GEN_START PRINT_NEWLINE"

# The instruction always becomes the same operations.
FIXED: dict[str, Steps] = {
    **{name: [] for name in _NO_ARGUMENT.split()},
    "POP_TOP": [("POP", None)],
    "POP_ITER": [("POP", None)],
    "PRINT_ITEM": [("POP", None)],
    "PRINT_ITEM_TO": [("POP", None), ("POP", None)],
    "PRINT_NEWLINE_TO": [("POP", None)],
    "ROT_TWO": [("SWAP", 2)],
    "ROT_THREE": [("SINK", 3)],
    "ROT_FOUR": [("SINK", 4)],
    "DUP_TOP": [("COPY", 1)],
    "DUP_TOP_TWO": [("COPY", 2), ("COPY", 2)],
    "PUSH_NULL": [("NULL", None)],
    "RETURN_GENERATOR": [("VALUE", None)],
    "COPY_FREE_VARS": [("COPY_FREE", None)],
    "BINARY_SUBSCR": [("SUBSCR", None)],
    "STORE_SUBSCR": [("STORE_SUBSCR", None)],
    "DELETE_SUBSCR": [("DELETE_SUBSCR", None)],
    "BINARY_SLICE": [("SLICE", 2), ("SUBSCR", None)],
    "STORE_SLICE": [("SLICE", 2), ("STORE_SUBSCR", None)],
    **{f"SLICE+{n}": [*steps, ("SUBSCR", None)] for n, steps in enumerate(_SLICES)},
    **{f"STORE_SLICE+{n}": [*steps, ("STORE_SUBSCR", None)] for n, steps in enumerate(_SLICES)},
    **{f"DELETE_SLICE+{n}": [*steps, ("DELETE_SUBSCR", None)] for n, steps in enumerate(_SLICES)},
    "UNARY_POSITIVE": [("UNARY", "+")],
    "UNARY_NEGATIVE": [("UNARY", "-")],
    "UNARY_INVERT": [("UNARY", "~")],
    "UNARY_NOT": [("UNARY", "not")],
    "UNARY_CONVERT": [("CONVERT", 2)],
    "TO_BOOL": [("BOOL", None)],
    "LIST_TO_TUPLE": [("TO_TUPLE", None)],
    "STORE_MAP": [("MAP_ADD", (1, True))],
    "FORMAT_SIMPLE": [("FORMAT", None)],
    "FORMAT_WITH_SPEC": [("FORMAT_SPEC", None)],
    "GET_ITER": [("ITER", None)],
    "POP_BLOCK": [("POP_BLOCK", None)],
    "BREAK_LOOP": [("BREAK", None)],
    "BEGIN_FINALLY": [("VALUE", None)],
    "END_FINALLY": [("END_FINALLY", None)],
    "GET_YIELD_FROM_ITER": [("ITER", None)],
    "YIELD_VALUE": [("YIELD", None)],
    "YIELD_FROM": [("YIELD_FROM", None)],
    "RETURN_VALUE": [("RETURN", None)],
    "LOAD_ASSERTION_ERROR": [("BUILTIN", "AssertionError")],
}

_BINARY_NAMES = {
    "POWER": "**", "MULTIPLY": "*", "MATRIX_MULTIPLY": "@", "MODULO": "%", "ADD": "+", "SUBTRACT": "-",
    "FLOOR_DIVIDE": "//", "TRUE_DIVIDE": "/", "DIVIDE": "classic /", "LSHIFT": "<<", "RSHIFT": ">>",
    "AND": "&", "XOR": "^", "OR": "|",
}  # fmt: skip
FIXED |= {f"BINARY_{name}": [("BINARY", symbol)] for name, symbol in _BINARY_NAMES.items()}
FIXED |= {f"INPLACE_{name}": [("BINARY", f"{symbol}=")] for name, symbol in _BINARY_NAMES.items()}


def _pair(first: str, second: str) -> Rule:
    """Two local variables in the halves of one argument."""
    return lambda site: [_local(site, first, site.arg >> 4), _local(site, second, site.arg & 15)]


def _local(site: Site, name: str, slot: int) -> tuple[str, int]:
    if slot >= len(site.code.slots):
        raise Impossible(f"local variable {slot} of {len(site.code.slots)}")
    return name, slot


def _cell(name: str) -> Rule:
    return lambda site: [(name, cell_slot(site, site.arg))]


def cell_slot(site: Site, index: int) -> int:
    """The slot of a closure variable; up to 3.10 they are numbered on their own."""
    code = site.code
    if site.minor >= 11:
        return index
    if index < len(code.cellvars) and code.cellvars[index] in code.varnames:
        return code.varnames.index(code.cellvars[index])
    return len(code.varnames) + index


def _binary(site: Site) -> Steps:
    return [("SUBSCR", None)] if site.value == "[]" else [("BINARY", site.value)]


def _compare(site: Site) -> Steps:
    symbol = site.value
    if symbol == "exception match":
        return [("REFUSE", "an except clause")]
    if symbol in ("is", "is not"):
        return [("IS", symbol == "is not")]
    if symbol in ("in", "not in"):
        return [("IN", symbol == "not in")]
    as_bool: Steps = [("BOOL", None)] if site.minor >= 13 and site.arg & 16 else []
    return [("COMPARE", symbol), *as_bool]


def _global(site: Site) -> Steps:
    if site.minor < 11 or not site.arg & 1:
        return [("GLOBAL", site.value)]
    with_null: Steps = [("NULL", None), ("GLOBAL", site.value)]
    return with_null if site.minor < 13 else with_null[::-1]


def _attribute(site: Site) -> Steps:
    is_method = site.instruction.opname == "LOAD_METHOD" or (site.minor >= 12 and site.arg & 1)
    if not is_method:
        return [("ATTR", site.value)]
    swapped: Steps = [("SWAP", 2)] if site.minor < 13 else []
    return [("ATTR", site.value), ("NULL", None), *swapped]


def _map(site: Site) -> Steps:
    """Up to 3.4 the argument only says how large the dictionary will be."""
    return [("MAP", site.arg if site.minor >= 5 else 0)]


def _format_value(site: Site) -> Steps:
    convert: Steps = [("CONVERT", site.arg & 3)] if site.arg & 3 else []
    if not site.arg & 4:
        return [*convert, ("FORMAT", None)]
    return [*([("SWAP", 2), *convert, ("SWAP", 2)] if convert else []), ("FORMAT_SPEC", None)]


def _for(site: Site) -> Steps:
    """The loop ends after the instructions that drop the iterator, which 3.12 and later write out."""
    if site.minor < 12:
        return [("FOR", Target(site.value))]
    end = site.places[site.value]
    skipped = [at.opname for at in site.instructions[end : end + (1 if site.minor == 12 else 2)]]
    if skipped not in (["END_FOR"], ["END_FOR", "POP_TOP"], ["END_FOR", "POP_ITER"]):
        raise Impossible("a loop whose end is not marked")
    return [("FOR", Target(site.instructions[end + len(skipped) - 1].following))]


def _send(site: Site) -> Steps:
    """`yield from` in 3.11 and later: a loop around SEND, of which the values are taken at once."""
    end = site.instructions[site.places[site.value]]
    following = end.following if end.opname == "END_SEND" else end.offset
    return [("YIELD_FROM", None), ("JUMP", Target(following))]


def _jump(name: str, keep: bool = False) -> Rule:
    """A jump; with `keep`, one that leaves the value that it tested where it jumps."""
    if keep:
        return lambda site: [("COPY", 1), (name, Target(site.value)), ("POP", None)]
    return lambda site: [(name, Target(site.value))]


def _jump_none(name: str) -> Rule:
    return lambda site: [("VALUE", None), ("IS", False), (name, Target(site.value))]


def _common_constant(site: Site) -> Steps:
    names = ("AssertionError", "NotImplementedError", "tuple", "all", "any")
    if site.arg >= len(names):
        raise Impossible(f"common constant {site.arg}")
    return [("BUILTIN", names[site.arg])]


_INTRINSICS: dict[int, Steps] = {
    1: [("POP", None), ("VALUE", None)],
    5: [("UNARY", "+")],
    6: [("TO_TUPLE", None)],
}


def _intrinsic(site: Site) -> Steps:
    return _INTRINSICS.get(site.arg, [("REFUSE", f"the internal function {site.arg}")])


BY_ARGUMENT: dict[str, Rule] = {
    "DUP_TOPX": lambda site: [("COPY", site.arg)] * site.arg,
    "LOAD_FAST_LOAD_FAST": _pair("LOAD", "LOAD"),
    "LOAD_FAST_BORROW_LOAD_FAST_BORROW": _pair("LOAD", "LOAD"),
    "STORE_FAST_LOAD_FAST": _pair("STORE", "LOAD"),
    "STORE_FAST_STORE_FAST": _pair("STORE", "STORE"),
    "MAKE_CELL": _cell("MAKE_CELL"),
    "LOAD_CLOSURE": _cell("CLOSURE"),
    "LOAD_DEREF": _cell("LOAD_CELL"),
    "STORE_DEREF": _cell("STORE_CELL"),
    "DELETE_DEREF": _cell("DELETE_CELL"),
    "LOAD_GLOBAL": _global,
    "LOAD_ATTR": _attribute,
    "LOAD_METHOD": _attribute,
    "IMPORT_NAME": lambda site: [("IMPORT", site.value)],
    "IMPORT_FROM": lambda site: [("IMPORT_FROM", site.value)],
    "BINARY_OP": _binary,
    "COMPARE_OP": _compare,
    "IS_OP": lambda site: [("IS", bool(site.arg))],
    "CONTAINS_OP": lambda site: [("IN", bool(site.arg))],
    "BUILD_MAP": _map,
    "BUILD_LIST_UNPACK": lambda site: [("CONCAT", ("list", site.arg))],
    "BUILD_TUPLE_UNPACK": lambda site: [("CONCAT", ("tuple", site.arg))],
    "BUILD_TUPLE_UNPACK_WITH_CALL": lambda site: [("CONCAT", ("tuple", site.arg))],
    "BUILD_SET_UNPACK": lambda site: [("CONCAT", ("set", site.arg))],
    "BUILD_MAP_UNPACK": lambda site: [("MERGE", ("update", site.arg))],
    "BUILD_MAP_UNPACK_WITH_CALL": lambda site: [
        ("MERGE", ("merge", site.arg & 0xFF if site.minor == 5 else site.arg))
    ],
    "MAP_ADD": lambda site: [("MAP_ADD", (site.arg, site.minor < 8))],
    "UNPACK_EX": lambda site: [("UNPACK_EX", (site.arg & 0xFF, site.arg >> 8))],
    "FORMAT_VALUE": _format_value,
    "CONVERT_VALUE": lambda site: [("CONVERT", site.arg)],
    "FOR_ITER": _for,
    "SEND": _send,
    "JUMP_FORWARD": _jump("JUMP"),
    "JUMP_ABSOLUTE": _jump("JUMP"),
    "JUMP_BACKWARD": _jump("JUMP"),
    "JUMP_BACKWARD_NO_INTERRUPT": _jump("JUMP"),
    "JUMP_IF_FALSE_OR_POP": _jump("JUMP_FALSE", keep=True),
    "JUMP_IF_TRUE_OR_POP": _jump("JUMP_TRUE", keep=True),
    "SETUP_LOOP": lambda site: [("BLOCK", ("loop", Target(site.value)))],
    "SETUP_EXCEPT": lambda site: [("BLOCK", ("except", None))],
    "SETUP_FINALLY": lambda site: [("BLOCK", ("finally" if site.minor < 8 else "except", None))],
    "CONTINUE_LOOP": lambda site: [("CONTINUE", Target(site.value))],
    "RETURN_CONST": lambda site: [("CONST", site.arg), ("RETURN", None)],
    "LOAD_COMMON_CONSTANT": _common_constant,
    "CALL_INTRINSIC_1": _intrinsic,
}
for _way in ("", "FORWARD_", "BACKWARD_"):
    BY_ARGUMENT |= {
        f"POP_JUMP_{_way}IF_TRUE": _jump("JUMP_TRUE"),
        f"POP_JUMP_{_way}IF_FALSE": _jump("JUMP_FALSE"),
        f"POP_JUMP_{_way}IF_NONE": _jump_none("JUMP_TRUE"),
        f"POP_JUMP_{_way}IF_NOT_NONE": _jump_none("JUMP_FALSE"),
    }
