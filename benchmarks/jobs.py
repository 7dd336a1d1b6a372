"""The whole job as one would write it with each library: `python jobs.py NAME STEPS SEEDS` trains three networks a seed.

784-100×4-10 with ReLU, SGD(0.01), batches of 128, std 0.01 and the book's Xavier (1/n) and He; then the
mean loss of the last 100 steps and the accuracy on the 10,000 test images. Only what a job imports itself is loaded. "with
figures" adds what one would look at: the loss curves, and histograms of the activations before and after, as PNG files.
"""

import functools
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

WIDTHS = [784, 100, 100, 100, 100, 10]
BATCH, LR, LAST = 128, 0.01, 100
LAWS: dict[str, Callable[[int], float]] = {
    "std 0.01": lambda n: 0.01,
    "Xavier": lambda n: (1 / n) ** 0.5,
    "He": lambda n: (2 / n) ** 0.5,
}
LAYERS = list(pairwise(WIDTHS))

Outcome = dict[str, tuple[float | None, float]]  # label: final loss, test accuracy


def mnist() -> tuple[Any, Any, Any, Any]:
    """Images and labels of the two parts, uint8."""
    import gzip

    import numpy as np

    folder = Path(__file__).resolve().parents[1] / "datasets" / "mnist"

    def read(name: str, header: int) -> Any:
        return np.frombuffer(bytearray(gzip.decompress((folder / f"{name}-ubyte.gz").read_bytes())), np.uint8, offset=header)

    def part(name: str) -> tuple[Any, Any]:
        return read(f"{name}-images-idx3", 16).reshape(-1, 784), read(f"{name}-labels-idx1", 8)

    return *part("train"), *part("t10k")


def save_figures(losses: dict[str, Any], before: dict[str, Any], after: dict[str, Any]) -> None:
    """loss.png, and activations of four layers as before.png and after.png, in a folder that is then removed."""
    from tempfile import TemporaryDirectory

    from matplotlib.figure import Figure

    with TemporaryDirectory() as folder:
        figure = Figure((9, 5), dpi=120, layout="constrained")
        axes = figure.add_subplot(yscale="log", xlabel="step", ylabel="cross-entropy")
        for label, loss in losses.items():
            axes.plot(loss, label=label)
        axes.legend()
        figure.savefig(f"{folder}/loss.png")
        for name, activations in (("before", before), ("after", after)):
            figure = Figure((9.6, 6.7), dpi=120, layout="constrained")
            grid = figure.subplots(len(activations), 4, squeeze=False)
            for row, (label, layers) in zip(grid, activations.items(), strict=True):
                for i, (axes, layer) in enumerate(zip(row, layers, strict=True)):
                    axes.hist(layer.ravel(), 40)
                    axes.set_title(f"{label}, layer {i + 1}: std {layer.std():.2g}", fontsize=9)
            figure.savefig(f"{folder}/{name}.png")


def scratchnet(steps: int, seeds: int, jobs: int = 1, figures: bool = False) -> Outcome:
    """sn.compare, which also measures the spread before and after, and the accuracy on 10,000 training images."""
    import numpy as np

    import scratchnet as sn

    inits = {"std 0.01": sn.Normal(0.01), "Xavier": sn.LeCun(), "He": sn.He()}
    result = sn.compare(inits, steps=steps, seeds=seeds, jobs=jobs, progress=False)
    if figures:
        from tempfile import TemporaryDirectory

        with TemporaryDirectory() as folder:
            result.save(folder)
    return {
        label: (float(np.mean([one.final_loss for one in runs])), float(np.mean([one.test_accuracy for one in runs])))
        for label, runs in result.by_label.items()
    }


def scratchnet_pool(steps: int, seeds: int, figures: bool = False) -> Outcome:
    """The same in two processes."""
    return scratchnet(steps, seeds, jobs=2, figures=figures)


def pytorch(steps: int, seeds: int, figures: bool = False) -> Outcome:
    """One after the other."""
    import torch
    from torch import nn

    images, labels, test_images, test_labels = (torch.from_numpy(array) for array in mnist())
    labels = labels.long()
    curves: dict[str, Any] = {}
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}

    def activations(net: Any) -> list[Any]:
        x, found = images[:1000].float().mul_(1 / 255), []
        with torch.no_grad():
            for layer in net:
                x = layer(x)
                found += [x.numpy()] if isinstance(layer, nn.ReLU) else []
        return found

    def train(label: str, law: Callable[[int], float]) -> tuple[float, float]:
        linears = [nn.Linear(n, m) for n, m in LAYERS]
        for linear in linears:
            nn.init.normal_(linear.weight, std=law(linear.in_features))
            nn.init.zeros_(linear.bias)
        net = nn.Sequential(*[layer for linear in linears for layer in (linear, nn.ReLU())][:-1])
        criterion = nn.CrossEntropyLoss()
        optimizer = torch.optim.SGD(net.parameters(), LR)
        losses: list[float] = []
        if figures and label not in curves:
            curves[label], before[label] = losses, activations(net)
        while len(losses) < steps:
            for rows in torch.randperm(len(images)).split(BATCH)[: min(len(images) // BATCH, steps - len(losses))]:
                x = images.index_select(0, rows).float().mul_(1 / 255)
                loss = criterion(net(x), labels.index_select(0, rows))
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                losses.append(loss.item())
        if figures and curves[label] is losses:
            after[label] = activations(net)
        with torch.no_grad():
            right = net(test_images.float().mul_(1 / 255)).argmax(1) == test_labels
        return sum(losses[-LAST:]) / len(losses[-LAST:]), right.float().mean().item()

    found: dict[str, list[tuple[float, float]]] = {label: [] for label in LAWS}
    for seed in range(seeds):
        torch.manual_seed(seed)
        for label, law in LAWS.items():
            found[label].append(train(label, law))
    if figures:
        save_figures(curves, before, after)
    return {label: (sum(a for a, _ in one) / seeds, sum(b for _, b in one) / seeds) for label, one in found.items()}


def jax(steps: int, seeds: int, figures: bool = False) -> Outcome:
    """All at once, under vmap over seeds and laws, and all steps in one scan: a single compiled call.

    Each seed has batches of its own, which its three networks share, as in sn.compare.
    """
    import jax
    import jax.numpy as jnp
    import numpy as np

    images, labels, test_images, test_labels = mnist()
    rng = np.random.default_rng(0)

    def draw(n: int, m: int) -> tuple[Any, Any]:
        stds = np.array([law(n) for law in LAWS.values()], np.float32)
        W = rng.standard_normal((seeds, 1, n, m), np.float32) * stds[:, None, None]
        return jnp.asarray(W), jnp.zeros((seeds, len(LAWS), m), jnp.float32)

    def scores(params: Any, x: Any) -> Any:
        for W, b in params[:-1]:
            x = jax.nn.relu(x @ W + b)
        return x @ params[-1][0] + params[-1][1]

    def mean_loss(params: Any, x: Any, t: Any) -> Any:
        s = scores(params, x)
        return jnp.mean(jax.nn.logsumexp(s, axis=1) - jnp.take_along_axis(s, t[:, None], axis=1)[:, 0])

    def step(params: Any, x: Any, t: Any) -> tuple[Any, Any]:
        loss, grads = jax.value_and_grad(mean_loss)(params, x, t)
        return jax.tree.map(lambda w, dw: w - LR * dw, params, grads), loss

    @jax.jit
    def train(params: Any, images: Any, labels: Any, rows: Any) -> tuple[Any, Any]:
        def body(params: Any, rows: Any) -> tuple[Any, Any]:
            x = jnp.take(images, rows, axis=0, mode="clip").astype(jnp.float32) * (1 / 255)
            return jax.vmap(jax.vmap(step, in_axes=(0, None, None)))(params, x, jnp.take(labels, rows, mode="clip"))

        return jax.lax.scan(body, params, rows)

    epochs, kept = -(-steps // (len(images) // BATCH)), len(images) // BATCH * BATCH
    whole = [[rng.permutation(len(images))[:kept].reshape(-1, BATCH) for _ in range(epochs)] for _ in range(seeds)]
    rows = np.stack([np.concatenate(one)[:steps] for one in whole], axis=1).astype(np.int32)
    first = [draw(n, m) for n, m in LAYERS]
    params, losses = train(first, images, labels.astype(np.int32), rows)
    x = test_images.astype(np.float32) * np.float32(1 / 255)
    every = jax.jit(jax.vmap(jax.vmap(scores, in_axes=(0, None)), in_axes=(0, None)))
    right = np.asarray(every(params, x)).argmax(axis=3) == test_labels
    finals = np.asarray(losses)[-LAST:].mean(axis=(0, 1))

    def activations(params: Any) -> dict[str, Any]:
        found: dict[str, Any] = {label: [] for label in LAWS}
        for i, label in enumerate(LAWS):
            x = images[:1000].astype(np.float32) * np.float32(1 / 255)
            for W, b in params[:-1]:
                x = np.maximum(x @ np.asarray(W[0, i]) + np.asarray(b[0, i]), 0)
                found[label].append(x)
        return found

    if figures:
        curves = {label: np.asarray(losses)[:, 0, i] for i, label in enumerate(LAWS)}
        save_figures(curves, activations(first), activations(params))
    return {label: (float(finals[i]), float(right[:, i].mean())) for i, label in enumerate(LAWS)}


def book(steps: int, seeds: int) -> Outcome:
    """The structure of the book's script, a seed after the other: images as floats at once, random rows, the three in turn
    within each step."""
    import numpy as np
    from contestants.book import SGD, Affine, Net, Relu

    images, labels, test_images, test_labels = mnist()
    images, test_images = images.astype(np.float32) / 255.0, test_images.astype(np.float32) / 255.0
    rng = np.random.default_rng(0)

    def network(law: Callable[[int], float]) -> Any:
        layers: list[Any] = []
        for n, m in LAYERS:
            layers += [Affine(law(n) * rng.standard_normal((n, m)), np.zeros(m)), Relu()]
        return Net(layers[:-1])

    losses: dict[str, list[float]] = {label: [] for label in LAWS}
    right: dict[str, list[float]] = {label: [] for label in LAWS}
    for _ in range(seeds):
        nets = {label: network(law) for label, law in LAWS.items()}
        optimizer = SGD(LR)
        for step in range(steps):
            rows = rng.choice(len(images), BATCH)
            x, t = images[rows], labels[rows]
            for label, net in nets.items():
                grads, loss = net.gradient(x, t)
                optimizer.update(net.params, grads)
                if step >= steps - LAST:
                    losses[label].append(loss)
        for label, net in nets.items():
            right[label].append((net.predict(test_images).argmax(axis=1) == test_labels).mean())
    return {label: (float(np.mean(losses[label])), float(np.mean(right[label]))) for label in LAWS}


JOBS: dict[str, tuple[str, Callable[[int, int], Outcome]]] = {
    "scratchnet": ("scratchnet", scratchnet),
    "scratchnet, two processes": ("scratchnet", scratchnet_pool),
    "pytorch": ("torch", pytorch),
    "jax, vmap and scan": ("jax", jax),
    "book": ("numpy", book),
    "scratchnet with figures": ("scratchnet", functools.partial(scratchnet, figures=True)),
    "scratchnet with figures, two processes": ("scratchnet", functools.partial(scratchnet_pool, figures=True)),
    "pytorch with figures": ("torch", functools.partial(pytorch, figures=True)),
    "jax, vmap and scan, with figures": ("jax", functools.partial(jax, figures=True)),
}

POOLS = {"scratchnet, two processes", "scratchnet with figures, two processes"}

if __name__ == "__main__":
    outcome = JOBS[sys.argv[1]][1](int(sys.argv[2]), int(sys.argv[3]))
    import json

    from memory import peak_mb

    print(json.dumps({"outcome": outcome, "mb": peak_mb()}))
