"""Writes the .npz files of this folder: what PyTorch computes, for the tests to compare with.

The tests need the files only, not PyTorch. To write them anew: pip install torch, then run this script. Every number
is a float64; "torch" in each file is the version that computed it. Keys are "<case>.<array>", such as "ReLU.dx".
"""

import math
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


# The numbers of a convolution, in the order of our arguments: n_in, n_out, size, stride, pad, groups; and its (N, H, W).
CONVOLUTIONS = {
    (2, 3, 1, 1, 0, 1): (3, 5, 5),
    (2, 3, 1, 2, 0, 1): (1, 7, 6),
    (2, 3, 2, 1, 0, 1): (1, 7, 6),
    (2, 3, 2, 1, 1, 1): (3, 5, 5),
    (2, 3, 2, 3, 1, 1): (3, 9, 8),
    (2, 3, 3, 1, 0, 1): (3, 7, 6),
    (2, 3, 3, 1, 1, 1): (1, 7, 6),
    (2, 3, 3, 1, 2, 1): (1, 5, 5),
    (2, 3, 3, 2, 0, 1): (3, 9, 8),
    (2, 3, 3, 2, 1, 1): (1, 7, 6),
    (2, 3, 3, 3, 2, 1): (1, 9, 8),
    (2, 3, 5, 1, 0, 1): (3, 7, 6),
    (1, 2, 5, 1, 4, 1): (1, 5, 5),
    (2, 3, 5, 2, 2, 1): (1, 9, 8),
    (1, 2, 5, 3, 3, 1): (3, 7, 6),
    (4, 6, 3, 1, 1, 2): (1, 5, 5),
    (4, 2, 2, 2, 0, 2): (3, 9, 8),
    (3, 3, 3, 1, 1, 3): (3, 5, 5),  # depthwise
    (3, 6, 3, 2, 2, 3): (1, 7, 6),
}
POOLS = {(2, 2): (3, 7, 6), (3, 3): (1, 9, 8), (3, 2): (3, 7, 6), (2, 3): (1, 9, 8), (2, 1): (1, 5, 5)}  # size, stride


def coarse(rng: np.random.Generator, shape) -> np.ndarray:
    """Numbers with few digits, which make for a small file."""
    return rng.integers(-128, 129, shape) / 64


def channels_first(x):
    return x.permute(0, 3, 1, 2)


def channels_last(x):
    return x.permute(0, 2, 3, 1)


def record(case: str, x, parameters: dict, function) -> dict:
    """x, out, dout, dx and every parameter with its gradient."""
    x = tensor(x, grad=True)
    parameters = {name: tensor(value, grad=True) for name, value in parameters.items()}
    out = function(x, **parameters)
    dout = tensor(coarse(random_for(f"{case} dout"), out.shape))
    out.backward(dout)
    arrays = {f"{case}.x": x, f"{case}.out": out, f"{case}.dout": dout, f"{case}.dx": x.grad}
    for name, parameter in parameters.items():
        prefix, dot, last = name.rpartition(".")
        arrays |= {f"{case}.{name}": parameter, f"{case}.{prefix}{dot}d{last}": parameter.grad}
    return arrays


def images() -> dict:
    """Layers for images, channels last, with the weight of a convolution as (size, size, n_in / groups, n_out)."""
    arrays = {}
    for numbers, shape in CONVOLUTIONS.items():
        n_in, n_out, size, stride, pad, groups = numbers

        def convolve(x, W, b, stride=stride, pad=pad, groups=groups):
            return channels_last(F.conv2d(channels_first(x), W.permute(3, 2, 0, 1), b, stride, pad, groups=groups))

        case = f"Convolution{numbers}"
        rng = random_for(case)
        parameters = {"W": coarse(rng, (size, size, n_in // groups, n_out)), "b": coarse(rng, n_out)}
        arrays |= record(case, coarse(rng, (*shape, n_in)), parameters, convolve)
    for kind, pool in {"MaxPool": F.max_pool2d, "AveragePool": F.avg_pool2d}.items():
        for numbers, shape in POOLS.items():
            case = f"{kind}{numbers}"
            shape = (*shape, 2)
            x = random_for(case).permutation(math.prod(shape)).reshape(shape) / 64  # no two alike, so that a greatest is one
            arrays |= record(case, x, {}, lambda x, pool=pool, at=numbers: channels_last(pool(channels_first(x), *at)))
    return arrays


def normalization() -> dict:
    arrays = {}
    # case -> (shape, our momentum, epsilon)
    for kind, (shape, momentum, epsilon) in {"dense": ((5, 7), 0.9, 1e-5), "images": ((3, 4, 3, 2), 0.7, 1e-2)}.items():
        for mode in ("training", "evaluation"):
            case = f"BatchNorm {kind} {mode}"
            rng = random_for(case)
            n, numbers = shape[-1], math.prod(shape[:-1])
            x = 3 + 2 * rng.standard_normal(shape)
            mean, var = tensor(rng.standard_normal(n)), tensor(rng.uniform(0.5, 2, n))
            arrays |= {f"{case}.mean_before": mean.clone(), f"{case}.var_before": var.clone()}
            old = momentum * var

            def normalize(x, gamma, beta, running=(mean, var), of=(mode == "training", 1 - momentum, epsilon)):
                x = x.movedim(-1, 1)
                return F.batch_norm(x, *running, gamma, beta, *of).movedim(1, -1)

            arrays |= record(case, x, {"gamma": rng.standard_normal(n), "beta": rng.standard_normal(n)}, normalize)
            if mode == "training":  # PyTorch's new part of the running variance is the unbiased one
                var = old + (var - old) * (numbers - 1) / numbers
            arrays |= {f"{case}.mean_after": mean, f"{case}.var_after": var}
    for kind, (shape, epsilon) in {"dense": ((5, 7), 1e-5), "images": ((3, 4, 3, 6), 1e-2)}.items():
        case = f"LayerNorm {kind}"
        rng = random_for(case)
        x, parameters = (
            3 + 2 * rng.standard_normal(shape),
            {name: rng.standard_normal(shape[-1]) for name in ("gamma", "beta")},
        )
        arrays |= record(
            case, x, parameters, lambda x, gamma, beta, eps=epsilon: F.layer_norm(x, x.shape[-1:], gamma, beta, eps)
        )
    x = random_for("Dropout").standard_normal((ROWS, COLUMNS))
    return arrays | record("Dropout", x, {}, lambda x: F.dropout(x, 0.3, training=False))


def networks() -> dict:
    """Whole networks with the parameters' names as ours. Those for images are PyTorch's in all: channels come first."""
    rng = random_for("Residual")
    widths = {"Affine1": (5, 7), "Residual1.Affine1": (7, 4), "Residual1.Affine2": (4, 7)}
    parameters = {f"{name}.W": rng.standard_normal(shape) for name, shape in widths.items()}
    parameters |= {f"{name}.b": rng.standard_normal(shape[1]) for name, shape in widths.items()}

    def residual(x, **p):
        x = x @ p["Affine1.W"] + p["Affine1.b"]
        branch = torch.tanh(x @ p["Residual1.Affine1.W"] + p["Residual1.Affine1.b"])
        return x + branch @ p["Residual1.Affine2.W"] + p["Residual1.Affine2.b"]

    arrays = record("Residual", rng.standard_normal((3, 5)), parameters, residual)
    relu, pool = nn.ReLU(), nn.MaxPool2d(2)
    simple = [nn.Conv2d(2, 3, 3), relu, pool, nn.Flatten(), nn.Linear(3 * 2 * 2, 5), relu, nn.Linear(5, 4)]
    small = [nn.Conv2d(2, 3, 3, padding=1), relu, pool, nn.Flatten(), nn.Linear(3 * 3 * 2, 4)]
    deep = [
        *(nn.Conv2d(1, 1, 3, padding=1), relu, nn.Conv2d(1, 1, 3, padding=1), relu, pool),
        *(nn.Conv2d(1, 2, 3, padding=1), relu, nn.Conv2d(2, 2, 3, padding=2), relu, pool),
        *(nn.Conv2d(2, 3, 3, padding=1), relu, nn.Conv2d(3, 3, 3, padding=1), relu, pool),
        *(nn.Flatten(), nn.Linear(3 * 4 * 4, 5), relu, nn.Linear(5, 4)),
    ]
    cases = {"small": (small, (3, 2, 6, 5)), "simple": (simple, (3, 2, 6, 6)), "deep": (deep, (2, 1, 28, 28))}
    for case, (layers, shape) in cases.items():
        rng = random_for(case)
        net = nn.Sequential(*layers).double()
        kinds = {"Convolution": nn.Conv2d, "Affine": nn.Linear}
        named = {
            f"{kind}{i + 1}": layer
            for kind, of in kinds.items()
            for i, layer in enumerate(layer for layer in layers if isinstance(layer, of))
        }
        for layer in named.values():
            std = 1 / math.sqrt(layer.weight[0].numel())
            layer.weight.data = tensor(std * rng.standard_normal(layer.weight.shape))
            layer.bias.data = tensor(rng.uniform(0, 0.5, layer.bias.shape))
        x, t = tensor(rng.integers(-32, 33, shape) / 16, grad=True), torch.tensor(rng.integers(0, 4, shape[0]))
        scores = net(x)
        loss = F.cross_entropy(scores, t)
        loss.backward()
        arrays |= {f"{case}.x": x, f"{case}.t": t, f"{case}.scores": scores, f"{case}.loss": loss, f"{case}.dx": x.grad}
        for name, layer in named.items():
            arrays |= {f"{case}.{name}.W": layer.weight, f"{case}.{name}.b": layer.bias}
            arrays |= {f"{case}.{name}.dW": layer.weight.grad, f"{case}.{name}.db": layer.bias.grad}
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
    save("images", images() | normalization() | networks())
    save("losses", losses())
    save("optimizers", optimizers())
