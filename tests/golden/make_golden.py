"""Writes the .npz files of this folder: what PyTorch computes, for the tests to compare with.

The tests need the files only, not PyTorch. To write them anew: pip install torch, then run this script. Every number
is a float64; "torch" in each file is the version that computed it. Keys are "<case>.<array>", such as "ReLU.dx".
"""

import zlib
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

HERE = Path(__file__).parent
ROWS, COLUMNS, OUTPUTS = 5, 7, 4


def save(name: str, arrays: dict) -> None:
    plain = {key: np.asarray(value.detach() if torch.is_tensor(value) else value) for key, value in arrays.items()}
    np.savez_compressed(HERE / f"{name}.npz", torch=np.array(torch.__version__), **plain)
    print(f"{name}.npz: {(HERE / f'{name}.npz').stat().st_size:,} bytes, {len(plain)} arrays")


def tensor(array, grad: bool = False):
    return torch.tensor(np.asarray(array, np.float64), requires_grad=grad)


def random_for(case: str) -> np.random.Generator:
    """A generator of each case's own, so that a case more changes no other."""
    return np.random.default_rng(zlib.crc32(case.encode()))


def layers() -> dict:
    # case -> (parameters by our names, function of x and them)
    cases = {
        "Affine": ({"W": (COLUMNS, OUTPUTS), "b": (OUTPUTS,)}, lambda x, W, b: F.linear(x, W.T, b)),
        "Identity": ({}, lambda x: nn.Identity()(x)),
        "ReLU": ({}, F.relu),
        "LeakyReLU()": ({}, F.leaky_relu),
        "LeakyReLU(0.2)": ({}, lambda x: F.leaky_relu(x, 0.2)),
        "PReLU()": ({"a": (1,)}, F.prelu),
        "PReLU(7)": ({"a": (COLUMNS,)}, F.prelu),
        "ELU()": ({}, F.elu),
        "ELU(0.7)": ({}, lambda x: F.elu(x, 0.7)),
        "SELU": ({}, F.selu),
        "GELU": ({}, F.gelu),
        "SiLU": ({}, F.silu),
        "Mish": ({}, F.mish),
        "Softplus": ({}, lambda x: F.softplus(x, threshold=50)),  # above its threshold PyTorch leaves out e⁻ˣ
        "Softsign": ({}, F.softsign),
        "Sigmoid": ({}, torch.sigmoid),
        "Tanh": ({}, torch.tanh),
    }
    arrays = {}
    for case, (shapes, function) in cases.items():
        rng = random_for(case)
        x = 2 * rng.standard_normal((ROWS, COLUMNS))
        x[0, :5] = [0, 1e-3, -1e-3, 20, -20]
        x = tensor(x, grad=True)
        parameters = {name: tensor(rng.standard_normal(shape), grad=True) for name, shape in shapes.items()}
        out = function(x, **({"weight": parameters["a"]} if "a" in parameters else parameters))
        dout = tensor(rng.standard_normal(out.shape))
        out.backward(dout)
        arrays |= {f"{case}.x": x, f"{case}.out": out, f"{case}.dout": dout, f"{case}.dx": x.grad}
        for name, parameter in parameters.items():
            arrays |= {f"{case}.{name}": parameter, f"{case}.d{name}": parameter.grad}
    return arrays


def losses() -> dict:
    arrays = {}
    for case, size in {"moderate": 2.0, "extreme": 1000.0}.items():
        rng = random_for(case)
        scores = size * rng.standard_normal((ROWS, COLUMNS))
        if case == "extreme":
            scores = size * rng.choice([-1.0, 0.0, 1.0], (ROWS, COLUMNS))
        scores, t = tensor(scores, grad=True), torch.tensor(rng.integers(0, COLUMNS, ROWS))
        loss = F.cross_entropy(scores, t)
        loss.backward()
        arrays |= {f"{case}.scores": scores, f"{case}.t": t, f"{case}.loss": loss, f"{case}.dscores": scores.grad}
    rng = random_for("MSE")
    y, t = tensor(rng.standard_normal((ROWS, COLUMNS)), grad=True), tensor(rng.standard_normal((ROWS, COLUMNS)))
    loss = F.mse_loss(y, t)
    loss.backward()
    return arrays | {"MSE.y": y, "MSE.t": t, "MSE.loss": loss, "MSE.dy": y.grad}


def optimizers() -> dict:
    """The path of one parameter (4, 3) along one fixed sequence of 20 gradients, under each optimizer."""
    rng = random_for("optimizers")
    start, gradients = rng.standard_normal((4, 3)), rng.standard_normal((20, 4, 3))
    gradients[:, 0, 0] *= 1e-3  # some small, some large, so that an epsilon or a square in the wrong place shows
    gradients[:, 1, 1] *= 1e3
    gradients[7] = 0
    makers = {
        "SGD": lambda w: torch.optim.SGD(w, lr=0.1),
        "Momentum": lambda w: torch.optim.SGD(w, lr=0.1, momentum=0.9),
        "Nesterov": lambda w: torch.optim.SGD(w, lr=0.1, momentum=0.9, nesterov=True),
        "AdaGrad": lambda w: torch.optim.Adagrad(w, lr=0.1, eps=1e-7),
        "RMSprop": lambda w: torch.optim.RMSprop(w, lr=0.1, alpha=0.99, eps=1e-7),
        "Adam": lambda w: torch.optim.Adam(w, lr=0.1, eps=1e-30),  # PyTorch adds eps elsewhere: so small, it is nowhere
        "WeightDecay": lambda w: torch.optim.SGD(w, lr=0.1, weight_decay=0.05),
    }
    arrays = {"start": start, "gradients": gradients}
    for case, make in makers.items():
        w = tensor(start, grad=True)
        optimizer, path = make([w]), []
        for gradient in gradients:
            w.grad = tensor(gradient)
            optimizer.step()
            path.append(w.detach().numpy().copy())
        arrays[case] = np.array(path)
    for case, limit in {"clipped": 1.5, "unclipped": 100.0}.items():
        rng = random_for("clip")
        parameters = [tensor(rng.standard_normal(shape), grad=True) for shape in ((4, 3), (3,))]
        for parameter in parameters:
            parameter.grad = tensor(rng.standard_normal(parameter.shape))
        arrays |= {"clip.dW": parameters[0].grad.clone(), "clip.db": parameters[1].grad.clone()}
        nn.utils.clip_grad_norm_(parameters, limit)
        arrays |= {f"{case}.limit": limit, f"{case}.dW": parameters[0].grad, f"{case}.db": parameters[1].grad}
    return arrays


if __name__ == "__main__":
    save("layers", layers())
    save("losses", losses())
    save("optimizers", optimizers())
