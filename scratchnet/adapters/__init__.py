"""Code as a reader wrote it, without the library's base classes, made into layers and optimizers.

Read `slots` (where an object keeps its arrays and their gradients), `calls` (how its two methods are called), `probing`,
`layer`, `functions`, `optimizer`, `loss`, `adapt`, and `arguments` (constructor arguments from the shape of a batch).
"""

from scratchnet.adapters.adapt import adapt, kind_of_object
from scratchnet.adapters.arguments import functions_for, made_for
from scratchnet.adapters.functions import function_pair
from scratchnet.adapters.layer import Adapted, adapted_layer
from scratchnet.adapters.loss import adapted_loss
from scratchnet.adapters.optimizer import adapted_optimizer

__all__ = [
    "Adapted",
    "adapt",
    "adapted_layer",
    "adapted_loss",
    "adapted_optimizer",
    "function_pair",
    "functions_for",
    "kind_of_object",
    "made_for",
]
