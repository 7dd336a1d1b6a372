"""A network as an ONNX file, which onnxruntime and many others read. Read next: `scratchnet.network.network`.

Images stay (N, H, W, C), as here. ONNX has channels first, so each convolution and pooling stands between two Transposes;
onnxruntime takes out those that cancel. Nothing else needs to be turned.
"""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from scratchnet.convert.to_torch import defines
from scratchnet.layers import (
    ELU,
    GELU,
    SELU,
    Affine,
    AveragePool,
    BatchNorm,
    Convolution,
    Dropout,
    Flatten,
    Identity,
    Layer,
    LayerNorm,
    LeakyReLU,
    MaxPool,
    Mish,
    PReLU,
    ReLU,
    Scale,
    Sigmoid,
    SiLU,
    Softplus,
    Softsign,
    Tanh,
    channels_first,
)
from scratchnet.layers.pooling import Pool
from scratchnet.support.files import write_whole
from scratchnet.support.validation import Array, InputError, a_path

OPSET, IR_VERSION = 17, 8  # of 2022: the first with LayerNormalization
LARGEST = 2**31 - 2**20  # bytes: a file of protobuf ends at 2 GB


def to_onnx(net: Any, path: str | Path) -> Path:
    """Write the ONNX file: see `Network.to_onnx`."""
    path = a_path("path", path)
    try:
        import onnx
    except ImportError as error:
        raise ImportError('net.to_onnx(path) needs onnx 1.17 or later: run pip install "scratchnet[onnx]"') from error
    graph = Graph(onnx)
    graph.nodes.append(onnx.helper.make_node("Identity", [graph.layer("the network", net, "x")], ["scores"]))
    if sum(len(tensor.raw_data) for tensor in graph.tensors) > LARGEST:
        raise InputError(
            "the network has more than 2 GB of weights, which is more than an ONNX file holds: build a smaller one"
        )
    floats = onnx.TensorProto.FLOAT
    x, scores = shapes(net)
    whole = onnx.helper.make_graph(
        graph.nodes,
        "scratchnet",
        [onnx.helper.make_tensor_value_info("x", floats, x)],
        [onnx.helper.make_tensor_value_info("scores", floats, scores)],
        graph.tensors,
    )
    opset = onnx.helper.make_opsetid("", OPSET)
    model = onnx.helper.make_model(whole, opset_imports=[opset], ir_version=IR_VERSION, producer_name="scratchnet")
    onnx.checker.check_model(model)
    write_whole(path, model.SerializeToString())
    return path


Shape = list[str | int | None]


def shapes(net: Any) -> tuple[Shape, Shape]:
    """The shapes of x and of the scores: (N, D) or (N, H, W, C), with names or None for what is free."""
    x, last = input_shape(net), net.layers[-1]
    if isinstance(last, Affine):
        return x, ["N", last.W.shape[1]]
    is_rows = any(isinstance(layer, Affine | Flatten) for _, layer in net.walk())
    return x, ["N"] + [None] * (1 if is_rows else len(x) - 1)


def input_shape(net: Any) -> Shape:
    """Rows or images, whichever the first layer needs that does not take both. Before a Flatten they are images."""
    n: str | int | None = None
    for _, layer in net.walk():
        if isinstance(layer, Affine):
            return ["N", layer.W.shape[0]]
        if isinstance(layer, Convolution):
            return ["N", "H", "W", layer.n_in]
        if isinstance(layer, Pool | Flatten):
            return ["N", "H", "W", n or "C"]
        if n is None and isinstance(layer, BatchNorm | LayerNorm):
            n = layer.n
    return ["N", n or "D"]


class Graph:
    """The nodes of an ONNX graph and its tensors, in the order in which they are made."""

    def __init__(self, onnx: Any) -> None:
        self.onnx = onnx
        self.nodes: list[Any] = []
        self.tensors: list[Any] = []

    def layer(self, name: str, layer: Layer, x: str) -> str:
        """Add what a layer computes of the tensor x; returns the name of its output."""
        if layer.layers and defines(layer, "onnx_nodes"):
            return layer.onnx_nodes(self, x)  # type: ignore[attr-defined]
        if type(layer) not in NODES:
            known = ", ".join(kind.__name__ for kind in NODES)
            raise InputError(
                f"{name}: {type(layer).__name__} is not known to to_onnx: build the network of {known}, Residual"
            )
        return NODES[type(layer)](self, layer, x)

    def node(self, op: str, *inputs: str | Array | float, **attributes: Any) -> str:
        """Add a node; arrays and numbers among its inputs become tensors. Returns the name of its output."""
        names = [one if isinstance(one, str) else self.tensor(one) for one in inputs]
        out = f"{op}{len(self.nodes)}"
        self.nodes.append(self.onnx.helper.make_node(op, names, [out], **attributes))
        return out

    def tensor(self, values: Array | float) -> str:
        name = f"tensor{len(self.tensors)}"
        with np.errstate(over="ignore", under="ignore"):
            array = np.ascontiguousarray(values, np.float32)
        if np.isinf(array).any() and np.isfinite(values).all():
            raise InputError("the network has weights beyond the floats of 32 bits, in which an ONNX file computes")
        self.tensors.append(self.onnx.numpy_helper.from_array(array.reshape(np.shape(values)), name))
        return name

    def channels_first(self, op: str, x: str, *inputs: Array, **attributes: Any) -> str:
        """A node that takes and makes images with channels first, for images with channels last."""
        first = self.node("Transpose", x, perm=[0, 3, 1, 2])
        return self.node("Transpose", self.node(op, first, *inputs, **attributes), perm=[0, 2, 3, 1])


def convolution(graph: Graph, layer: Convolution, x: str) -> str:
    W = channels_first(layer.W, "convolution")
    window = {"kernel_shape": [layer.size] * 2, "strides": [layer.stride] * 2, "pads": [layer.pad] * 4}
    return graph.channels_first("Conv", x, W, layer.b, group=layer.groups, **window)


def pool(op: str) -> Callable[[Graph, Any, str], str]:
    return lambda graph, layer, x: graph.channels_first(op, x, kernel_shape=[layer.size] * 2, strides=[layer.step] * 2)


def batch_norm(graph: Graph, layer: BatchNorm, x: str) -> str:
    """γ (x − μ) / √(σ² + ε) + β along the last axis, with the running μ and σ²."""
    x_hat = graph.node("Div", graph.node("Sub", x, layer.running_mean), np.sqrt(layer.running_var + layer.epsilon))
    return graph.node("Add", graph.node("Mul", x_hat, layer.gamma), layer.beta)


def layer_norm(graph: Graph, layer: LayerNorm, x: str) -> str:
    return graph.node("LayerNormalization", x, layer.gamma, layer.beta, axis=-1, epsilon=layer.epsilon)


def gelu(graph: Graph, layer: GELU, x: str) -> str:
    """x Φ(x) = x / 2 · (1 + erf(x / √2))"""
    erf = graph.node("Erf", graph.node("Mul", x, math.sqrt(0.5)))
    return graph.node("Mul", graph.node("Mul", x, 0.5), graph.node("Add", erf, 1.0))


def mish(graph: Graph, layer: Mish, x: str) -> str:
    return graph.node("Mul", x, graph.node("Tanh", graph.node("Softplus", x)))


def plain(op: str) -> Callable[[Graph, Any, str], str]:
    return lambda graph, layer, x: graph.node(op, x)


NODES: dict[type[Layer], Callable[[Graph, Any, str], str]] = {
    Affine: lambda graph, layer, x: graph.node("Gemm", x, layer.W, layer.b),
    Convolution: convolution,
    BatchNorm: batch_norm,
    LayerNorm: layer_norm,
    MaxPool: pool("MaxPool"),
    AveragePool: pool("AveragePool"),
    Flatten: plain("Flatten"),
    Dropout: lambda graph, layer, x: x,  # in evaluation out = x
    Identity: lambda graph, layer, x: x,
    ReLU: plain("Relu"),
    LeakyReLU: lambda graph, layer, x: graph.node("LeakyRelu", x, alpha=layer.slope),
    Scale: lambda graph, layer, x: graph.node("Mul", x, layer.alpha),
    PReLU: lambda graph, layer, x: graph.node("PRelu", x, layer.a),
    ELU: lambda graph, layer, x: graph.node("Elu", x, alpha=layer.alpha),
    SELU: lambda graph, layer, x: graph.node("Selu", x, alpha=layer.alpha, gamma=layer.scale),
    GELU: gelu,
    SiLU: lambda graph, layer, x: graph.node("Mul", x, graph.node("Sigmoid", x)),
    Mish: mish,
    Softplus: plain("Softplus"),
    Softsign: plain("Softsign"),
    Sigmoid: plain("Sigmoid"),
    Tanh: plain("Tanh"),
}
