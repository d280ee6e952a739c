"""`jax.tree` and `jax.tree_util`: nested structures of tensors."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

from lamina._records import dataclass
from lamina.vocabulary.jax.arguments import refuse

_NOT_GIVEN: Any = object()


@dataclass(frozen=True)
class TreeDef:
    """The structure of a tree, with its leaves numbered.

    Args:
        template: The tree, its leaves replaced by their numbers.
        num_leaves: How many there are.
    """

    template: Any
    num_leaves: int

    def unflatten(self, leaves: Any) -> Any:
        """The tree with these leaves."""
        return tree_unflatten(self, leaves)


def _children(tree: Any) -> tuple[list[Any], Callable[[list[Any]], Any]] | None:
    """The items of a container and what makes one of the same kind; `None` of a leaf."""
    if tree is None:
        return [], lambda items: None
    if isinstance(tree, Mapping):
        keys = sorted(tree)
        return [tree[k] for k in keys], lambda items: _mapping(tree, dict(zip(keys, items, strict=True)))
    if isinstance(tree, (list, tuple)):
        return list(
            tree
        ), lambda items: type(tree)(*items) if hasattr(tree, "_fields") else _plain(tree)(items)
    return None


def _mapping(tree: Any, items: dict[str, Any]) -> Any:
    return {key: items[key] for key in tree}


def _plain(tree: Any) -> type:
    return list if isinstance(tree, list) else tuple


def tree_leaves(tree: Any, is_leaf: Any = None) -> list[Any]:
    """`jax.tree.leaves`: depth first, dict items by their keys, `None` left out."""
    found = None if is_leaf is not None and is_leaf(tree) else _children(tree)
    if found is None:
        return [tree]
    return [leaf for item in found[0] for leaf in tree_leaves(item, is_leaf)]


def tree_map(f: Callable[..., Any], tree: Any, *rest: Any, is_leaf: Any = None) -> Any:
    """`jax.tree.map`: the function of each leaf, and of those at its place in other trees."""
    found = None if is_leaf is not None and is_leaf(tree) else _children(tree)
    if found is None:
        return f(tree, *rest)
    items, make = found
    others = [_children(other) for other in rest]
    if any(other is None or len(other[0]) != len(items) for other in others):
        refuse("tree.map", "the trees differ in their structure", "give trees of one structure")
    columns = [other[0] for other in others if other is not None]
    return make([tree_map(f, *row, is_leaf=is_leaf) for row in zip(items, *columns, strict=True)])


def tree_flatten(tree: Any, is_leaf: Any = None) -> tuple[list[Any], TreeDef]:
    """`jax.tree.flatten`: the leaves and the structure."""
    return tree_leaves(tree, is_leaf), tree_structure(tree, is_leaf)


def tree_structure(tree: Any, is_leaf: Any = None) -> TreeDef:
    """`jax.tree.structure`."""
    numbers = iter(range(1 << 30))
    template = tree_map(lambda leaf: next(numbers), tree, is_leaf=is_leaf)
    return TreeDef(template, next(numbers))


def tree_unflatten(treedef: TreeDef, leaves: Any) -> Any:
    """`jax.tree.unflatten`."""
    given = list(leaves)
    if len(given) != treedef.num_leaves:
        refuse("tree.unflatten", f"{len(given)} leaves for {treedef.num_leaves} places", "give one for each")
    return tree_map(lambda number: given[number], treedef.template)


def tree_reduce(
    function: Callable[..., Any], tree: Any, initializer: Any = _NOT_GIVEN, is_leaf: Any = None
) -> Any:
    """`jax.tree.reduce`."""
    leaves = tree_leaves(tree, is_leaf)
    return (
        functools.reduce(function, leaves)
        if initializer is _NOT_GIVEN
        else functools.reduce(function, leaves, initializer)
    )


def tree_all(tree: Any, *, is_leaf: Any = None) -> bool:
    """`jax.tree.all`, of Python values."""
    return all(tree_leaves(tree, is_leaf))


def tree_transpose(outer_treedef: TreeDef, inner_treedef: TreeDef | None, pytree_to_transpose: Any) -> Any:
    """`jax.tree.transpose`: a tree of trees turned inside out."""
    if inner_treedef is None:
        refuse("tree.transpose", "inner_treedef=None", "give both structures")
    leaves, size = tree_leaves(pytree_to_transpose), inner_treedef.num_leaves
    columns = [leaves[place::size] for place in range(size)]
    return tree_unflatten(inner_treedef, [tree_unflatten(outer_treedef, column) for column in columns])
