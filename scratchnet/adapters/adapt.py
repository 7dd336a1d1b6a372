"""`sn.adapt`: a reader's code as it stands, made into a layer or an optimizer. Read next: `arguments`."""

from __future__ import annotations

import copy
import functools
from collections.abc import Mapping
from typing import Any

import numpy as np

from scratchnet.adapters.calls import required
from scratchnet.adapters.functions import FunctionPair, function_pair
from scratchnet.adapters.layer import adapted_layer
from scratchnet.adapters.optimizer import METHODS, adapted_optimizer, update_method
from scratchnet.adapters.slots import kind_name
from scratchnet.layers import Layer
from scratchnet.optimizers import Optimizer
from scratchnet.support.validation import InputError


def adapt(
    layer: Any,
    backward: Any = None,
    /,
    *,
    in_shape: Any = None,
    gradients: Mapping[str, str] | None = None,
    **given: Any,
) -> Any:
    """A layer (or an optimizer) of another book or course, as it stands, for a `Network` (or a `Trainer`).

    layer      an object with forward(x) and backward(dout), such as the book's Affine(W, b) or nnfs's Layer_Dense(7, 3)
    layer      a class of such: the result makes adapted layers, sn.adapt(Relu)(), for mlp(activation=…) and `compare`
    layer, backward, **given
               two functions as in cs231n: sn.adapt(affine_forward, affine_backward, w=W, b=b)
    layer      an optimizer with update(params, grads), of dictionaries or lists: the result is an `Optimizer`
    in_shape   the shape of a batch to find the parameters with, such as (4, 7), where none of the usual shapes fits
    gradients  {"W": "slope"}: the attribute that holds the gradient of W, where neither name nor shape tells

    The layer is called once on a small random batch. An array that gets a gradient (dW, grad_W, W_grad, dweights,
    grads["W"], a second value that backward returns, or the one array of its shape that backward sets) is a parameter. In a
    network its numbers at the start are those that it holds, unless `net.initialize(init)` draws others. x and dout are
    copied before the reader's code gets them, and floats keep their width.

    Not possible: `net.save` (it raises InputError), seeds for code that draws from np.random, and theory beyond
    activations. Raises InputError if it is no layer, or if an array that forward reads gets no gradient.
    """
    if isinstance(layer, Layer | Optimizer):
        return layer
    if backward is not None:
        if not (callable(layer) and callable(backward)) or isinstance(layer, type):
            raise InputError(
                "two things are given, but they are not functions: write sn.adapt(affine_forward, affine_backward)"
            )
        return adapted_layer(FunctionPair(layer, backward, given), in_shape, gradients)
    if given and not callable(layer):
        raise InputError(
            f"{next(iter(given))} is given, but it is for functions: sn.adapt(affine_forward, affine_backward, w=W)"
        )
    if isinstance(layer, type):
        if issubclass(layer, Layer | Optimizer):
            return layer
        return (
            functools.partial(adapted, layer, in_shape=in_shape, gradients=gradients)
            if in_shape or gradients
            else (functools.partial(adapted, layer))
        )
    pair = function_pair(layer)
    if pair:
        return adapted_layer(FunctionPair(*pair, given), in_shape, gradients)
    if update_method(layer) and not hasattr(layer, "forward"):
        return adapted_optimizer(layer)
    if callable(getattr(layer, "forward", None)) and kind_of_object(layer) == "loss":
        raise InputError(
            f"{kind_name(layer)} is a loss, which needs no adapter: write sn.Trainer(net, optimizer, {kind_name(layer)}())"
        )
    if not hasattr(layer, "forward"):
        raise InputError(
            f"{shown(layer)} is given, but an object with forward(x) and backward(dout) is needed, or two functions: "
            "sn.adapt(affine_forward, affine_backward, w=W, b=b)"
        )
    return adapted_layer(layer, in_shape, gradients)


def adapted(kind: type, *args: Any, in_shape: Any = None, gradients: Any = None, **more: Any) -> Any:
    """An adapted layer of a reader's class."""
    return adapt(kind(*args, **more), in_shape=in_shape, gradients=gradients)


def shown(thing: Any) -> str:
    text = str(getattr(thing, "__name__", None) or repr(thing).split("\n")[0])
    return text if len(text) <= 60 else f"{text[:59]}…"


def kind_of_object(thing: Any) -> str | None:
    """What an object or a class without a base class of ours is, by its methods: None if that does not tell.

    A loss has a forward of two arrays and a backward that needs no dout, or that wants the targets again. A layer's
    backward needs dout.
    """
    forward, backward = (getattr(thing, name, None) for name in ("forward", "backward"))
    if callable(forward) and callable(backward):
        skip = 1 if isinstance(thing, type) else 0
        takes, wants = required(forward)[skip:], required(backward)[skip:]
        from_training = [name for name in takes if name.lower() not in ("training", "train", "train_flg")]
        if not wants:
            return "loss"
        if len(from_training) == 2 and len(wants) == 2 and from_training[1] == wants[1]:
            return "loss"
        if len(from_training) == 2 and not isinstance(thing, type) and makes_a_number(thing):
            return "loss"
        return "layer"
    if method_takes_pair(thing):
        return "optimizer"
    return None


def method_takes_pair(thing: Any) -> bool:
    skip = 1 if isinstance(thing, type) else 0
    return any(len(required(getattr(thing, name))) - skip == 2 for name in METHODS if callable(getattr(thing, name, None)))


def makes_a_number(thing: Any) -> bool:
    try:
        return np.ndim(copy.deepcopy(thing).forward(np.ones((4, 3)), np.array([0, 1, 2, 0]))) == 0
    except Exception:
        return False
