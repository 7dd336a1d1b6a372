"""Code as a reader wrote it, without the library's base classes, made into layers and optimizers.

Read `slots` (where an object keeps its arrays and their gradients), `calls` (how its two methods are called), `layer`,
`functions`, `optimizer`, `loss`, `adapt`, and `arguments` (constructor arguments from the shape of a batch).
"""

from scratchnet.adapt.adapt import adapt, kind_of_object
from scratchnet.adapt.arguments import functions_for, made_for
from scratchnet.adapt.functions import function_pair
from scratchnet.adapt.layer import adapted_layer
from scratchnet.adapt.loss import adapted_loss
from scratchnet.adapt.optimizer import adapted_optimizer

__all__ = [
    "adapt",
    "adapted_layer",
    "adapted_loss",
    "adapted_optimizer",
    "function_pair",
    "functions_for",
    "kind_of_object",
    "made_for",
]
