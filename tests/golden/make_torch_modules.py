"""Writes torch_modules.npz: modules of PyTorch in plain values, and what they compute in evaluation, for from_torch.

The tests need the file only. To write it anew: pip install torch, then run this script. For each case of MODULES there are

    <case>.modules         JSON: for each module that is not a Sequential its path, class and options
    <case>.image           (C, H, W) where from_torch must be given it, else empty
    <case>.<path>.<name>   its parameters and buffers, by PyTorch's names; with "grad" in front their gradients
    <case>.x, .scores, .dout, .dx    images with channels first
"""

import json
import zlib
from pathlib import Path

import numpy as np
import torch
from torch import nn

FILE = Path(__file__).parent / "torch_modules.npz"
ROWS = 3


def perceptron(activation):
    return lambda: nn.Sequential(nn.Linear(7, 5), activation(), nn.Linear(5, 4))


ACTIVATIONS = {
    "Identity": nn.Identity,
    "ReLU": lambda: nn.ReLU(inplace=True),
    "LeakyReLU": lambda: nn.LeakyReLU(0.2),
    "PReLU": nn.PReLU,
    "PReLU of 5": lambda: nn.PReLU(5),
    "ELU": lambda: nn.ELU(0.7),
    "SELU": nn.SELU,
    "GELU": nn.GELU,
    "SiLU": nn.SiLU,
    "Mish": nn.Mish,
    "Softplus": nn.Softplus,
    "Softsign": nn.Softsign,
    "Sigmoid": nn.Sigmoid,
    "Tanh": nn.Tanh,
}
# case -> (module, shape of an input, image= of from_torch)
MODULES = {case: (perceptron(kind), (7,), None) for case, kind in ACTIVATIONS.items()} | {
    "Linear": (lambda: nn.Linear(7, 4), (7,), None),
    "rows": (
        lambda: nn.Sequential(
            *(nn.BatchNorm1d(7), nn.Linear(7, 6, bias=False), nn.BatchNorm1d(6, 1e-3, 0.3), nn.ReLU(), nn.Dropout(0.3)),
            *(nn.Linear(6, 5), nn.LayerNorm(5, 1e-3), nn.Tanh(), nn.Flatten(), nn.Linear(5, 4)),
        ),
        (7,),
        None,
    ),
    "nested": (
        lambda: nn.Sequential(
            nn.Sequential(nn.Linear(7, 5), nn.Sequential(nn.ReLU(), nn.Linear(5, 5))),
            nn.Sequential(nn.ReLU()),
            nn.Linear(5, 4),
        ),
        (7,),
        None,
    ),
    "convolution": (
        lambda: nn.Sequential(nn.Conv2d(2, 3, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(3 * 3 * 2, 4)),
        (2, 8, 6),
        None,
    ),
    "one channel": (
        lambda: nn.Sequential(nn.Flatten(), nn.Linear(30, 5), nn.ReLU(), nn.Linear(5, 4)),
        (1, 6, 5),
        (1, 6, 5),
    ),
    "flattened first": (
        lambda: nn.Sequential(nn.Flatten(), nn.Linear(60, 5), nn.ReLU(), nn.Linear(5, 4)),
        (2, 6, 5),
        (2, 6, 5),
    ),
    "pooled first": (
        lambda: nn.Sequential(nn.AvgPool2d(2), nn.ReLU(), nn.Flatten(), nn.Dropout(), nn.Linear(12, 4)),
        (2, 6, 5),
        (2, 6, 5),
    ),
    "normalized first": (
        lambda: nn.Sequential(nn.BatchNorm2d(2), nn.Flatten(), nn.Linear(60, 4)),
        (2, 6, 5),
        None,
    ),
    "images": (
        lambda: nn.Sequential(
            *(nn.Conv2d(2, 4, 5, stride=2, padding=2, bias=False), nn.BatchNorm2d(4), nn.PReLU(4), nn.Dropout(0.2)),
            *(nn.Conv2d(4, 6, 3, padding="same", groups=2), nn.SiLU(), nn.AvgPool2d(2, stride=1)),
            *(nn.Conv2d(6, 6, 2, padding="valid", groups=6), nn.GELU(), nn.MaxPool2d((2, 2), stride=(1, 1))),
            *(nn.Flatten(), nn.Linear(6 * 2, 4)),
        ),
        (2, 9, 8),
        None,
    ),
    "units of flattened images": (
        lambda: nn.Sequential(
            *(nn.Conv2d(1, 3, 3), nn.Flatten(), nn.BatchNorm1d(36), nn.PReLU(36), nn.LayerNorm(36), nn.Dropout()),
            *(nn.Tanh(), nn.Linear(36, 5), nn.LayerNorm(5, elementwise_affine=False), nn.Linear(5, 4)),
        ),
        (1, 6, 5),
        None,
    ),
    "images out": (lambda: nn.Sequential(nn.Conv2d(2, 3, 3, padding=1), nn.ReLU(), nn.Conv2d(3, 4, 1)), (2, 5, 4), None),
    "one pixel": (lambda: nn.Sequential(nn.Conv2d(2, 4, (5, 5)), nn.Flatten()), (2, 5, 5), (2, 5, 5)),
}


def coarse(rng, shape):
    """Numbers with few digits, which make for a small file."""
    return torch.tensor(rng.integers(-128, 129, tuple(shape)) / 64)


def made(case):
    """The module of a case in float64 and in evaluation, with random numbers in all of its arrays, an x and a dout."""
    make, shape, _ = MODULES[case]
    rng = np.random.default_rng(zlib.crc32(case.encode()))
    module = make().double().eval()
    with torch.no_grad():
        for name, tensor in module.state_dict().items():
            if name.endswith("running_var"):
                tensor.copy_(coarse(rng, tensor.shape).abs() + 0.5)
            elif not name.endswith("num_batches_tracked"):
                tensor.copy_(coarse(rng, tensor.shape) / max(1, tensor[0].numel()) ** 0.5)
    x = coarse(rng, (ROWS, *shape)).requires_grad_()
    return module, x, coarse(rng, module(x).shape)


def plain(module, path=""):
    """(path, class, options, module) of all but the Sequentials."""
    if type(module) is nn.Sequential:
        for name, inner in module._modules.items():
            yield from plain(inner, f"{path}.{name}" if path else name)
        return
    options = {name: value for name, value in vars(module).items() if not name.startswith("_")}
    yield path or "Linear", type(module).__name__, options, module


def main():
    arrays = {"torch": np.array(torch.__version__)}
    for case, (_, _, image) in MODULES.items():
        module, x, dout = made(case)
        scores = module(x)
        scores.backward(dout)
        arrays |= {f"{case}.x": x, f"{case}.scores": scores, f"{case}.dout": dout, f"{case}.dx": x.grad}
        arrays[f"{case}.image"] = np.array(image or (), int)
        modules = list(plain(module))
        arrays[f"{case}.modules"] = np.array(json.dumps([one[:3] for one in modules]))
        for path, _, _, one in modules:
            for name, tensor in one.named_parameters():
                arrays |= {f"{case}.{path}.{name}": tensor, f"{case}.grad.{path}.{name}": tensor.grad}
            arrays |= {f"{case}.{path}.{name}": tensor for name, tensor in one.named_buffers()}
    arrays = {key: np.asarray(value.detach() if torch.is_tensor(value) else value) for key, value in arrays.items()}
    np.savez_compressed(FILE, **arrays)
    print(f"{FILE.name}: {FILE.stat().st_size:,} bytes, {len(arrays)} arrays")


if __name__ == "__main__":
    main()
