"""The whole job as one would write it with each library: `python jobs.py NAME STEPS` trains three networks, and tells.

784-100×4-10 with ReLU, SGD(0.01), batches of 128, std 0.01 and the book's Xavier (1/n) and He; then the
mean loss of the last 100 steps and the accuracy on the 10,000 test images. Only what a job imports itself is loaded.
"""

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

    folder = Path(__file__).resolve().parents[2] / "datasets" / "mnist"

    def read(name: str, header: int) -> Any:
        return np.frombuffer(bytearray(gzip.decompress((folder / f"{name}-ubyte.gz").read_bytes())), np.uint8, offset=header)

    def part(name: str) -> tuple[Any, Any]:
        return read(f"{name}-images-idx3", 16).reshape(-1, 784), read(f"{name}-labels-idx1", 8)

    return *part("train"), *part("t10k")


def scratchnet(steps: int) -> Outcome:
    """sn.compare, which also measures the spread before and after, and the accuracy on 10,000 training images."""
    import scratchnet as sn

    inits = {"std 0.01": sn.Normal(0.01), "Xavier": sn.LeCun(), "He": sn.He()}
    result = sn.compare(inits, steps=steps, seeds=1, progress=False)
    return {one.initializer: (one.final_loss, one.test_accuracy) for one in result.results}


def one_of_scratchnet(label: str, steps: int) -> tuple[float | None, float]:
    import scratchnet as sn

    init = {"std 0.01": sn.Normal(0.01), "Xavier": sn.LeCun(), "He": sn.He()}[label]
    (one,) = sn.compare({label: init}, steps=steps, seeds=1, progress=False).results
    return one.final_loss, one.test_accuracy


def scratchnet_pool(steps: int) -> Outcome:
    """The same in two processes; compare gives each run one BLAS thread."""
    from concurrent.futures import ProcessPoolExecutor

    with ProcessPoolExecutor(2) as pool:
        return dict(zip(LAWS, pool.map(one_of_scratchnet, LAWS, [steps] * len(LAWS)), strict=True))


def pytorch(steps: int) -> Outcome:
    """The three one after the other."""
    import torch
    from torch import nn

    images, labels, test_images, test_labels = (torch.from_numpy(array) for array in mnist())
    labels = labels.long()

    def train(law: Callable[[int], float]) -> tuple[float, float]:
        linears = [nn.Linear(n, m) for n, m in LAYERS]
        for linear in linears:
            nn.init.normal_(linear.weight, std=law(linear.in_features))
            nn.init.zeros_(linear.bias)
        net = nn.Sequential(*[layer for linear in linears for layer in (linear, nn.ReLU())][:-1])
        criterion = nn.CrossEntropyLoss()
        optimizer = torch.optim.SGD(net.parameters(), LR)
        losses: list[float] = []
        while len(losses) < steps:
            for rows in torch.randperm(len(images)).split(BATCH)[: min(len(images) // BATCH, steps - len(losses))]:
                x = images.index_select(0, rows).float().mul_(1 / 255)
                loss = criterion(net(x), labels.index_select(0, rows))
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                losses.append(loss.item())
        with torch.no_grad():
            right = net(test_images.float().mul_(1 / 255)).argmax(1) == test_labels
        return sum(losses[-LAST:]) / len(losses[-LAST:]), right.float().mean().item()

    torch.manual_seed(0)
    return {label: train(law) for label, law in LAWS.items()}


def jax(steps: int) -> Outcome:
    """The three at once, under one vmap, and all steps in one scan: a single compiled call."""
    import jax
    import jax.numpy as jnp
    import numpy as np

    images, labels, test_images, test_labels = mnist()
    rng = np.random.default_rng(0)

    def draw(n: int, m: int) -> tuple[Any, Any]:
        stds = np.array([law(n) for law in LAWS.values()], np.float32)
        W = rng.standard_normal((n, m), np.float32) * stds[:, None, None]
        return jnp.asarray(W), jnp.zeros((len(LAWS), m), jnp.float32)

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
            return jax.vmap(step, in_axes=(0, None, None))(params, x, jnp.take(labels, rows, mode="clip"))

        return jax.lax.scan(body, params, rows)

    epochs = -(-steps // (len(images) // BATCH))
    whole = [rng.permutation(len(images))[: len(images) // BATCH * BATCH].reshape(-1, BATCH) for _ in range(epochs)]
    rows = np.concatenate(whole)[:steps].astype(np.int32)
    params, losses = train([draw(n, m) for n, m in LAYERS], images, labels.astype(np.int32), rows)
    x = test_images.astype(np.float32) * np.float32(1 / 255)
    right = np.asarray(jax.jit(jax.vmap(scores, in_axes=(0, None)))(params, x)).argmax(axis=2) == test_labels
    finals = np.asarray(losses)[-LAST:].mean(axis=0)
    return {label: (float(finals[i]), float(right[i].mean())) for i, label in enumerate(LAWS)}


def book(steps: int) -> Outcome:
    """The structure of the book's script: images as floats at once, random rows, the three in turn within each step."""
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

    nets = {label: network(law) for label, law in LAWS.items()}
    optimizer = SGD(LR)
    losses: dict[str, list[float]] = {label: [] for label in nets}
    for _ in range(steps):
        rows = rng.choice(len(images), BATCH)
        x, t = images[rows], labels[rows]
        for label, net in nets.items():
            grads, loss = net.gradient(x, t)
            optimizer.update(net.params, grads)
            losses[label].append(loss)
    return {
        label: (
            float(np.mean(losses[label][-LAST:])),
            float((net.predict(test_images).argmax(axis=1) == test_labels).mean()),
        )
        for label, net in nets.items()
    }


JOBS: dict[str, tuple[str, Callable[[int], Outcome]]] = {
    "scratchnet": ("scratchnet", scratchnet),
    "scratchnet, two processes": ("scratchnet", scratchnet_pool),
    "pytorch": ("torch", pytorch),
    "jax, vmap and scan": ("jax", jax),
    "book": ("numpy", book),
}

POOLS = {"scratchnet, two processes"}

if __name__ == "__main__":
    outcome = JOBS[sys.argv[1]][1](int(sys.argv[2]))
    import json

    from memory import peak_mb

    print(json.dumps({"outcome": outcome, "mb": peak_mb()}))
