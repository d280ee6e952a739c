"""The table of `docs/layer-api.md` agrees with the class and with the tests."""

from __future__ import annotations

import ast
from pathlib import Path

import keras

from lamina.layer_v1 import LayerV1

HERE = Path(__file__).parent
TABLE = HERE.parents[1] / "docs" / "layer-api.md"

PROPERTIES = """activity_regularizer dtype graph inbound_nodes input input_mask input_shape losses name
non_trainable_variables non_trainable_weights outbound_nodes output output_mask output_shape scope_name
trainable_variables trainable_weights updates variables weights""".split()
METHODS = """__init__ __call__ __deepcopy__ add_loss add_update add_variable add_weight apply build call
compute_mask compute_output_shape count_params from_config get_config get_input_at get_input_mask_at
get_input_shape_at get_losses_for get_output_at get_output_mask_at get_output_shape_at get_updates_for
get_weights set_weights""".split()


class Plain(LayerV1, keras.layers.Layer):
    """A layer that defines nothing itself."""


def rows():
    """The cells of each row of the table: name, meaning on Keras 3, difference, tests."""
    lines = [line for line in TABLE.read_text().splitlines() if line.startswith("| `")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def test_the_table_has_the_46_members():
    names = [cells[0].split("`")[1].split("(")[0] for cells in rows()]
    assert (len(PROPERTIES), len(METHODS)) == (21, 25)
    assert names == PROPERTIES + METHODS


def test_the_table_names_existing_tests():
    trees = [ast.parse(path.read_text()) for path in HERE.glob("test_*.py")]
    existing = {node.name for tree in trees for node in tree.body if isinstance(node, ast.FunctionDef)}
    for cells in rows():
        tests = [test.strip("`") for test in cells[3].split(", ")]
        assert set(tests) <= existing, cells


def test_every_cell_says_something():
    assert all(len(cells) == 4 and all(cells) for cells in rows())


def test_the_class_has_the_members():
    layer = Plain(name="plain")
    everything = set(dir(layer))
    assert set(PROPERTIES + METHODS) <= everything
    assert all(callable(getattr(layer, name)) for name in METHODS)


def test_the_class_adds_no_other_public_member():
    public = {name for name in vars(LayerV1) if not name.startswith("_")}
    assert public <= set(PROPERTIES + METHODS)
