"""Model files as data: architectures, Lambdas and weights, without a deep-learning framework.

    model = open_model("old.h5")
    for node in model.lambdas():
        print(node.path, node.config["function"])
    arrays = model.weights().arrays()

Files are distrusted: what is damaged, ambiguous or larger than it should be is refused with
`RefusedError`, whose `note.rule` is a line of `RULES`. Nothing is executed or extracted.
"""

from lamina.archive.atomic import atomic as atomic
from lamina.archive.limits import DEFAULT_LIMITS as DEFAULT_LIMITS
from lamina.archive.limits import Limits as Limits
from lamina.archive.model import ModelFile as ModelFile
from lamina.archive.model import open_model as open_model
from lamina.archive.model import open_weights as open_weights
from lamina.archive.rules import RULES as RULES
from lamina.archive.rules import Note as Note
from lamina.archive.rules import RefusedError as RefusedError
from lamina.archive.rules import Rule as Rule
from lamina.archive.walk import LambdaNode as LambdaNode
from lamina.archive.walk import ObjectNode as ObjectNode
from lamina.archive.weights import Slot as Slot
from lamina.archive.weights import Weights as Weights
