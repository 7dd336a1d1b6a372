"""JAX: the whole step, from the rows' numbers to the moved parameters, is one compiled function of plain jax.numpy and lax.

`step_by_step` calls it once a step, and leaves it running until a block's losses are wanted; `scan` makes one compiled call
of all steps of a block. Data and parameters stay on the device; images and kernels have their channels last.
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from workloads import Array, Train, Workload

import scratchnet as sn

Params = list[dict[str, jax.Array]]
Apply = Callable[[Params, jax.Array, jax.Array], jax.Array]
Step = Callable[[Any, tuple[jax.Array, jax.Array], jax.Array], tuple[Any, jax.Array]]


def step_by_step(workload: Workload) -> Train:
    step, carry, data, rows_of = build(workload)
    compiled = jax.jit(step, donate_argnums=0)

    def train(steps: range) -> list[float]:
        nonlocal carry
        losses = []
        for i in steps:
            carry, loss = compiled(carry, data, rows_of(i))
            losses.append(loss)
        return [float(loss) for loss in losses]

    return train


def scan(workload: Workload) -> Train:
    step, carry, data, rows_of = build(workload)

    def many(carry: Any, data: tuple[jax.Array, jax.Array], rows: jax.Array) -> tuple[Any, jax.Array]:
        return lax.scan(lambda carry, rows: step(carry, data, rows), carry, rows)

    compiled = jax.jit(many, donate_argnums=0)

    def train(steps: range) -> list[float]:
        nonlocal carry
        carry, losses = compiled(carry, data, np.stack([rows_of(i) for i in steps]))
        return np.asarray(losses).tolist()

    return train


def build(workload: Workload) -> tuple[Step, Any, tuple[jax.Array, jax.Array], Callable[[int], Array]]:
    """The step, what it carries on, the images and labels, and the rows of a step's batch."""
    data = workload.data()
    batches = workload.batches()
    params, apply = translate(workload.network())
    start, move = OPTIMIZERS[workload.optimizer]
    carry = (params, start(params), jnp.zeros((), jnp.int32))
    on_device = jnp.asarray(data.images), jnp.asarray(data.labels.astype(np.int32))
    return make_step(apply, move, workload.lr), carry, on_device, lambda i: batches[i].astype(np.int32)


def make_step(apply: Apply, move: Callable[..., Any], lr: float) -> Step:
    def mean_loss(params: Params, x: jax.Array, t: jax.Array, key: jax.Array) -> jax.Array:
        scores = apply(params, x, key)
        return jnp.mean(jax.nn.logsumexp(scores, axis=1) - jnp.take_along_axis(scores, t[:, None], axis=1)[:, 0])

    def step(carry: Any, data: tuple[jax.Array, jax.Array], rows: jax.Array) -> tuple[Any, jax.Array]:
        params, state, made = carry
        images, labels = data
        x = jnp.take(images, rows, axis=0, mode="clip").astype(jnp.float32) * (1 / 255)
        t = jnp.take(labels, rows, mode="clip")
        key = jax.random.fold_in(jax.random.key(0), made)
        loss, grads = jax.value_and_grad(mean_loss)(params, x, t, key)
        params, state = move(params, grads, state, made + 1, lr)
        return (params, state, made + 1), loss

    return step


def translate(net: sn.Network) -> tuple[Params, Apply]:
    """The weights of the network, and the function that computes scores with them."""
    weights: Params = [{name: jnp.asarray(w) for name, w, _ in layer.parameters()} for layer in net.layers]

    def apply(params: Params, x: jax.Array, key: jax.Array) -> jax.Array:
        for i, (layer, own) in enumerate(zip(net.layers, params, strict=True)):
            match layer:
                case sn.Affine():
                    x = x @ own["W"] + own["b"]
                case sn.Convolution(pad=pad):
                    axes = ("NHWC", "HWIO", "NHWC")
                    x = lax.conv_general_dilated(x, own["W"], (1, 1), [(pad, pad)] * 2, dimension_numbers=axes) + own["b"]
                case sn.ReLU():
                    x = jax.nn.relu(x)
                case sn.MaxPool(size=size):  # quicker here than lax.reduce_window, whose backward is slow on a CPU
                    n, h, w, c = x.shape
                    x = x.reshape(n, h // size, size, w // size, size, c).max(axis=(2, 4))
                case sn.Flatten():
                    x = x.reshape(len(x), -1)
                case sn.Dropout(ratio=ratio):
                    kept = jax.random.bernoulli(jax.random.fold_in(key, i), 1 - ratio, x.shape)
                    x = jnp.where(kept, x / (1 - ratio), 0)
                case _:
                    raise ValueError(f"there is no translation of {layer!r}")
        return x

    return weights, apply


def sgd(params: Params, grads: Params, state: Any, t: jax.Array, lr: float) -> tuple[Params, Any]:
    return jax.tree.map(lambda w, dw: w - lr * dw, params, grads), state


def momentum(params: Params, grads: Params, v: Any, t: jax.Array, lr: float) -> tuple[Params, Any]:
    v = jax.tree.map(lambda v, dw: 0.9 * v - lr * dw, v, grads)
    return jax.tree.map(jnp.add, params, v), v


def adam(params: Params, grads: Params, state: Any, t: jax.Array, lr: float) -> tuple[Params, Any]:
    m = jax.tree.map(lambda m, dw: m + 0.1 * (dw - m), state[0], grads)
    v = jax.tree.map(lambda v, dw: v + 0.001 * (dw * dw - v), state[1], grads)
    lr_t = lr * jnp.sqrt(1 - 0.999**t) / (1 - 0.9**t)
    return jax.tree.map(lambda w, m, v: w - lr_t * m / (jnp.sqrt(v) + 1e-7), params, m, v), (m, v)


def zeros(params: Params) -> Any:
    return jax.tree.map(jnp.zeros_like, params)


OPTIMIZERS: dict[str, tuple[Callable[[Params], Any], Callable[..., Any]]] = {
    "SGD": (lambda params: (), sgd),
    "Momentum": (zeros, momentum),
    "Adam": (lambda params: (zeros(params), zeros(params)), adam),
}
