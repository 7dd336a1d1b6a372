"""Constructor arguments from the shape of a batch: W and b for Affine(W, b), n_in and n_out for Dense(n_in, n_out).

Only for checks, which need some layer of a class. The names say in which order candidates are tried, and the first with
which forward takes the batch is taken.
"""

import inspect
import itertools
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from scratchnet.adapters.calls import arrays_of_forward, find_forward, is_out
from scratchnet.adapters.functions import FunctionPair
from scratchnet.adapters.slots import copied
from scratchnet.support.validation import InputError

Shape = tuple[int, ...]
OUT, MAPS = 5, 2
MOST = 600  # combinations of arguments that are tried

IN_NAMES: tuple[str, ...] = (
    "n_in",
    "nin",
    "in",
    "input_size",
    "n_inputs",
    "inputs",
    "in_features",
    "in_channels",
    "d",
    "fan_in",
    "n",
    "size",
)
IN_NAMES += (
    "features",
    "num_features",
    "dim",
    "in_dim",
    "input_dim",
    "n_features",
    "channels",
    "n_input",
    "insize",
    "hidden",
)
OUT_NAMES: tuple[str, ...] = ("n_out", "nout", "out", "output_size")
OUT_NAMES += ("n_neurons", "neurons", "out_features", "out_channels", "m", "fan_out")
OUT_NAMES += ("units", "out_dim", "output_dim", "n_output", "n_outputs", "outsize")
WEIGHT_NAMES = ("w", "weight", "weights", "theta", "kernel", "wx", "matrix")
BIAS_NAMES = ("b", "bias", "biases", "beta", "shift", "offset")
SCALE_NAMES = ("gamma", "scale", "g", "gain")
SETTINGS = {
    **{"mode": "train", "stride": 1, "pad": 1, "p": 0.5, "seed": 0, "pool_height": 2, "pool_width": 2, "eps": 1e-5},
    **{"momentum": 0.9},
}


def candidates(name: str, shape: Shape) -> list[Any]:
    """Values for an argument of this name, the likeliest first."""
    rng = np.random.default_rng(0)
    plain, low = name.lower().strip("_"), name.lower()
    width = shape[1] if len(shape) > 1 else 7
    last = shape[-1]

    def arrays(*shapes: Shape) -> list[Any]:
        return [0.5 * rng.standard_normal(one) for one in dict.fromkeys(shapes)]

    weights: list[Shape] = [(last, OUT), (OUT, last)]
    if len(shape) == 4:
        weights = [(OUT, width, 3, 3), (3, 3, last, OUT), *weights]
    vectors: list[Shape] = [(OUT,), (last,), (width,), (1, OUT), (1, last), (OUT, 1)]
    scales: list[Shape] = [(last,), (width,), (1, last), (OUT,), (1, width, 1, 1)]
    whole = [width, last, OUT, 2, 3]
    if low.endswith(("param", "params", "config", "settings")):
        return [dict(SETTINGS)]
    if plain in WEIGHT_NAMES:
        return arrays(*weights, *scales)
    if plain in SCALE_NAMES:
        return arrays(*scales, *vectors)
    if plain == "beta":
        return [*arrays(*scales, *vectors), 0.5]
    if plain in BIAS_NAMES:
        return arrays(*vectors)
    if plain in IN_NAMES:
        return list(dict.fromkeys([last, width, OUT]))
    if plain in OUT_NAMES:
        return [OUT, last]
    anything = [*arrays(*weights, *vectors, *scales), *dict.fromkeys(whole), 0.5]
    if any(word in plain for word in ("ratio", "rate", "prob", "alpha", "slope", "momentum")):
        return [0.5]
    if any(word in plain for word in ("stride", "pool", "kernel_size", "filter")):
        return [2, 3, 1]
    if "pad" in plain:
        return [1, 0]
    return [0.5, *anything] if plain == "p" else anything


def made_for(kind: Callable[..., Any], shape: Any) -> Any:
    """What a class makes, with arguments that suit a batch of this shape; a class without arguments is simply called."""
    return _made(kind, shape, lambda values: kind(**values), _required(kind))


def functions_for(forward: Any, backward: Any, shape: Any) -> FunctionPair:
    """The two functions as an object, with arrays that suit a batch of this shape."""
    names = _required(forward)[1:]
    pair: FunctionPair = _made(forward, shape, lambda values: FunctionPair(forward, backward, values), names)
    return pair


def _required(kind: Callable[..., Any]) -> list[str]:
    kinds = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    try:
        parameters = inspect.signature(kind).parameters.values()
    except (TypeError, ValueError):
        return []
    return [one.name for one in parameters if one.kind in kinds and one.default is one.empty]


def _made(kind: Any, shape: Any, make: Callable[[Mapping[str, Any]], Any], names: list[str]) -> Any:
    if not names:
        return make({})
    name = getattr(kind, "__name__", str(kind))
    if shape is None:
        raise InputError(
            f"{name} takes {', '.join(names)}: give the shape of a batch, such as --in-shape 4,7, so that they can be made, "
            f"or write a function without arguments that returns one {name}"
        )
    first = shape[0] if isinstance(shape[0], tuple | list) else shape
    fallback: Any = None
    for values in itertools.islice(_combinations(names, tuple(first)), MOST):
        try:
            with np.errstate(all="ignore"):
                made = make(values)
        except NotImplementedError:
            raise
        except Exception:
            continue
        fallback = made if fallback is None else fallback
        if _takes(made, shape):
            return made
    if fallback is not None:
        return fallback
    raise InputError(
        f"{name} takes {', '.join(names)}, and none of the usual arrays and numbers suit it: write a function without "
        f"arguments that returns one {name}"
    )


def _combinations(names: list[str], shape: Shape) -> Iterator[dict[str, Any]]:
    """All combinations of the candidates, those with likelier values first."""
    values = [candidates(name, shape) for name in names]
    places = itertools.product(*(range(len(one)) for one in values))
    for chosen in sorted(itertools.islice(places, 20 * MOST), key=sum):
        yield {name: _fresh(values[i][at]) for i, (name, at) in enumerate(zip(names, chosen, strict=True))}


def _fresh(value: Any) -> Any:
    return value.copy() if isinstance(value, np.ndarray | dict) else value


def _takes(made: Any, shape: Any) -> bool:
    """Does its forward take such a batch?"""
    rng, thing = np.random.default_rng(0), copied(made)
    shapes = shape if isinstance(shape[0], tuple | list) else [shape] * arrays_of_forward(made)
    xs = tuple(rng.standard_normal(tuple(one)) for one in shapes)
    try:
        with np.errstate(all="ignore"):
            return is_out(find_forward(thing, xs)[1], xs)
    except NotImplementedError:
        return True
    except Exception:
        return False
