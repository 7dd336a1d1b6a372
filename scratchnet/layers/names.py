"""Activations by name: `activation("ReLU")`, `activation("LeakyReLU(0.2)")`. Read next: `scratchnet.network.network`."""

import functools
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from scratchnet.layers.base import Layer
from scratchnet.layers.rectifiers import ELU, SELU, Identity, LeakyReLU, PReLU, ReLU
from scratchnet.layers.sigmoids import Sigmoid, Softsign, Tanh
from scratchnet.layers.smooth import GELU, Mish, SiLU, Softplus
from scratchnet.support.parse_call import parse
from scratchnet.support.validation import InputError, unknown

ACTIVATIONS: Mapping[str, type[Layer]] = MappingProxyType(
    {
        kind.__name__: kind
        for kind in (
            *(Identity, ReLU, LeakyReLU, PReLU, ELU, SELU),
            *(GELU, SiLU, Mish, Softplus, Softsign, Sigmoid, Tanh),
        )
    }
)


def activation(text: str, kinds: Mapping[str, Any] = ACTIVATIONS) -> Callable[[], Layer]:
    """The class, or a partial of it, for the activation that `text` names. `kinds` are the known names.

    The text is parsed, never evaluated. The activation is made once here, so that a mistake raises InputError at once.
    """
    makers = {name: functools.partial(functools.partial, kind) for name, kind in kinds.items()}
    made = parse("activation", text, makers)
    if not callable(made):
        raise unknown("activation", text, ACTIVATIONS)
    try:
        layer = made()
    except TypeError as error:
        raise InputError(f"{text} has the wrong arguments: {error}") from error
    if not isinstance(layer, Layer):
        raise InputError(f"{text} makes {layer!r}, but a layer is needed, of a class that derives from sn.Layer")
    return made.func if not (made.args or made.keywords) else made
