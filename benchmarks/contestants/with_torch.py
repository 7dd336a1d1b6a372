"""Eager PyTorch, as quick as it is in plain words: index_select and mul_ take a third of the time of images[rows] / 255."""

import warnings

import numpy as np
import torch
from torch import nn
from workloads import Array, Train, Workload, affine_weights

import scratchnet as sn


def build(workload: Workload, channels_last: bool = False, fused: bool = False) -> Train:
    """`channels_last` keeps images and weights in that order of memory; `fused` is the optimizers' own flag."""
    data = workload.data()
    images, labels = shared(data.images), shared(data.labels)
    net = translate(workload.network())
    if not workload.is_mlp:
        images = images.reshape(-1, 1, 28, 28)
    if channels_last:
        net = net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    criterion = nn.CrossEntropyLoss()
    optimizer = make_optimizer(workload, net, fused)
    batches = workload.batches()

    def step(i: int) -> float:
        rows = torch.from_numpy(batches[i])
        x = images.index_select(0, rows).float().mul_(1 / 255)
        if channels_last:
            x = x.to(memory_format=torch.channels_last)
        loss = criterion(net(x), labels.index_select(0, rows))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()

    return lambda steps: [step(i) for i in steps]


def make_optimizer(workload: Workload, net: nn.Module, fused: bool) -> torch.optim.Optimizer:
    if workload.optimizer == "Adam":
        return torch.optim.Adam(net.parameters(), workload.lr, fused=fused)
    return torch.optim.SGD(net.parameters(), workload.lr, 0.9 if workload.optimizer == "Momentum" else 0, fused=fused)


def shared(array: Array) -> torch.Tensor:
    """A tensor on the array's own memory. That this array must not be written to, PyTorch says as a warning."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return torch.from_numpy(array)


def translate(net: sn.Network) -> nn.Module:
    """The same layers with the same weights; images and kernels have their channels first."""
    affine = affine_weights(net, channels_first=True)
    layers: list[nn.Module] = []
    for i, layer in enumerate(net.layers):
        match layer:
            case sn.Affine():
                layers.append(filled(nn.Linear(*layer.W.shape), affine[i].T, layer.b))
            case sn.Convolution(n_in=n_in, n_out=n_out, size=size, pad=pad):
                kernel = layer.W.transpose(3, 2, 0, 1)
                layers.append(filled(nn.Conv2d(n_in, n_out, size, padding=pad), kernel, layer.b))
            case sn.ReLU():
                layers.append(nn.ReLU())
            case sn.MaxPool(size=size):
                layers.append(nn.MaxPool2d(size))
            case sn.Flatten():
                layers.append(nn.Flatten())
            case sn.Dropout(ratio=ratio):
                layers.append(nn.Dropout(ratio))
            case _:
                raise ValueError(f"there is no translation of {layer!r}")
    return nn.Sequential(*layers)


def filled(layer: nn.Linear | nn.Conv2d, weight: Array, bias: Array) -> nn.Module:
    with torch.no_grad():
        layer.weight.copy_(torch.from_numpy(np.ascontiguousarray(weight)))
        layer.bias.copy_(torch.from_numpy(bias))  # type: ignore[union-attr]
    return layer
