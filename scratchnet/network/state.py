"""All that training changes in a network, as named arrays in memory. Read next: `loading`.

These are the parameters, and what layers remember from batch to batch: a BatchNorm's running statistics.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from scratchnet.network.saving import lasting
from scratchnet.support.validation import InputError, as_array, shown


def remembered(net: Any) -> dict[str, tuple[Any, str]]:
    """Arrays and numbers that layers remember, apart from parameters: {full name: (layer, attribute)}."""
    found = {}
    for name, layer in net.walk():
        if not layer.layers:
            for attribute in lasting(layer):
                value = vars(layer)[attribute]
                if isinstance(value, np.ndarray | int | float | np.number) and not isinstance(value, bool):
                    found[f"{name}.{attribute}"] = layer, attribute
    return found


def copied_state(net: Any) -> dict[str, Any]:
    """Copies of the parameters, and of what the layers remember."""
    state: dict[str, Any] = {name: w.copy() for name, w, _ in net.parameters()}
    for name, (layer, attribute) in remembered(net).items():
        value = vars(layer)[attribute]
        state[name] = value.copy() if isinstance(value, np.ndarray) else value
    return state


def restore_state(net: Any, state: Any) -> None:
    """Put a state back, all of it or nothing. Raises InputError unless it is one of a network like this."""
    if not isinstance(state, Mapping):
        raise InputError(f"state is {shown(state)}, but a dictionary of arrays is needed, as net.state() returns")
    parameters = {name: w for name, w, _ in net.parameters()}
    others = remembered(net)
    expected = parameters | {name: vars(layer)[attribute] for name, (layer, attribute) in others.items()}
    for name in {**expected, **state}:
        if name not in state or name not in expected:
            what = "no" if name not in state else "a"
            raise InputError(f"the state has {what} {shown(name)}, unlike the network: give what net.state() returned")
        given, shape = as_array(f"the state's {name}", state[name]), np.shape(expected[name])
        if given.shape != shape or given.dtype.kind not in "iuf":
            raise InputError(
                f"the state's {name} is {given.dtype} of shape {given.shape}, but numbers of shape {shape} are needed: give "
                "what net.state() returned"
            )
    for name, w in parameters.items():
        w[...] = state[name]
    for name, (layer, attribute) in others.items():
        value = state[name]
        setattr(layer, attribute, np.array(value, expected[name].dtype) if isinstance(expected[name], np.ndarray) else value)
