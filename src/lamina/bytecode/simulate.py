"""Runs a program over stack depths only: does it fit the stack that its compiler reserved?"""

from __future__ import annotations

from typing import NamedTuple

from lamina.bytecode.decode import Impossible
from lamina.bytecode.lower import Program
from lamina.bytecode.operations import ENDS_PATH, Operation, effect

_MOST_BLOCKS = 20  # what every Python that had blocks allowed
Blocks = tuple[tuple[str, int | None, int], ...]


class _State(NamedTuple):
    """Where one path through the program stands."""

    at: int
    depth: int
    blocks: Blocks = ()


def check_stack(program: Program) -> tuple[int, ...]:
    """Follows every path but those into exception handlers.

    Args:
        program: The program to check.

    Returns:
        The indices of the operations that a path comes to, in order.

    Raises:
        Impossible: A path takes values that are not there, leaves more than the compiler reserved,
            runs past the end, returns with values left that no loop holds, or comes to one place
            with stacks of different depths.
    """
    depths: dict[int, int] = {}
    paths = [_State(0, 0)]
    while paths:
        state = paths.pop()
        if state.at >= len(program.operations):
            raise Impossible("a path runs past the end of the bytecode")
        if state.at in depths:
            if depths[state.at] != state.depth:
                raise Impossible("two paths meet with different stacks")
            continue
        depths[state.at] = state.depth
        operation = program.operations[state.at]
        if _starts_instruction(program, state.at) and state.depth > program.code.stacksize:
            raise Impossible(f"a stack of {state.depth} where {program.code.stacksize} are reserved")
        paths += _next_states(operation, state)
    return tuple(sorted(depths))


def _starts_instruction(program: Program, at: int) -> bool:
    return at == 0 or program.operations[at - 1].at != program.operations[at].at


def _next_states(operation: Operation, state: _State) -> list[_State]:
    taken, left = effect(operation)
    if taken > state.depth:
        raise Impossible(f"{operation.name} takes {taken} values from a stack of {state.depth}")
    depth = state.depth - taken + left
    name, arg, blocks = operation.name, operation.arg, state.blocks
    if name == "RETURN" and depth > sum(block[0] == "loop" for block in blocks):
        raise Impossible(f"{depth} values are left when the function returns")
    if name in ENDS_PATH:
        return []
    if name == "JUMP":
        return [_State(arg, depth, blocks)]
    if name in ("BREAK", "CONTINUE"):
        return [_leave_loop(name, arg, blocks, depth)]
    following = _State(state.at + 1, depth, _after(name, arg, blocks, depth))
    if name in ("JUMP_TRUE", "JUMP_FALSE", "FOR"):
        return [following, _State(arg, depth - 2 if name == "FOR" else depth, blocks)]
    return [following]


def _after(name: str, arg: object, blocks: Blocks, depth: int) -> Blocks:
    if name == "BLOCK" and isinstance(arg, tuple):
        if len(blocks) >= _MOST_BLOCKS:
            raise Impossible(f"more than {_MOST_BLOCKS} blocks within one another")
        return (*blocks, (arg[0], arg[1], depth))
    if name == "POP_BLOCK":
        if not blocks:
            raise Impossible("a block ends that did not begin")
        return blocks[:-1]
    return blocks


def _leave_loop(name: str, arg: int, blocks: Blocks, depth: int) -> _State:
    """Where `break` and `continue` of 2.7 to 3.7 lead, the blocks within the loop left."""
    loops = [index for index, block in enumerate(blocks) if block[0] == "loop"]
    if not loops:
        raise Impossible(f"{name} outside a loop")
    _, target, loop_depth = blocks[loops[-1]]
    if name == "CONTINUE":
        return _State(arg, depth, blocks[: loops[-1] + 1])
    return _State(target or 0, loop_depth, blocks[: loops[-1]])
