"""Can the training of a wide network be computed before it begins? Jacot et al. 2018 and Lee et al. 2019.

Source: Arthur Jacot, Franck Gabriel and Clément Hongler, "Neural Tangent Kernel: Convergence and Generalization in Neural
Networks", NeurIPS 2018, arXiv:1806.07572; Jaehoon Lee, Lechao Xiao, Samuel S. Schoenholz, Yasaman Bahri, Roman Novak,
Jascha Sohl-Dickstein and Jeffrey Pennington, "Wide Neural Networks of Any Depth Evolve as Linear Models Under Gradient
Descent", NeurIPS 2019, arXiv:1902.06720.

Same: three hidden layers of ReLU, gradient descent with squared error on a few digits; the loss of the network against that
of its linear model, which the tangent kernel Θ at the start gives; how far weights and Θ have moved in the end, against
width.

Scaled down: 16 images instead of 128, and width 1,024 at most. The paper's parametrization, W / √fan-in with W ~ N(0, σ²),
is written as a learning rate of η / fan-in for each matrix, which is the same.
"""

import numpy as np

import scratchnet as sn
from scratchnet import plots
from scratchnet.gallery import Claim, Result, script

LOSS = Claim("the widest network has the loss of its linear model (greatest difference)", 0, 0.05, "five seeds: below 0.03")
OUTER = Claim("first and last weights move by 1/√n of their size (exponent)", -0.5, 0.25, "five seeds: −0.4 to −0.7")
HIDDEN = Claim("hidden weights move by 1/n of their size (exponent)", -1, 0.25, "five seeds: −0.9 to −1.15")
KERNEL = Claim("Θ changes by less than 1/√n, and nearly by 1/n (exponent)", -1, 0.35, "five seeds: −0.7 to −1.2")


class ByFanIn(sn.SGD):
    """W ← W − (η / fan_in) dW; the biases stay 0."""

    def move(self, w: np.ndarray, dw: np.ndarray, state: dict) -> None:
        if w.ndim == 2:
            w -= self.lr / len(w) * dw


def kernel_of(net: sn.Network, x: np.ndarray) -> np.ndarray:
    """Θ: the products of the gradients of the output at each two rows, with respect to all weights."""
    rows = []
    for one in x:
        net.forward(one[None])
        net.backward(np.ones((1, 1)))
        weights = [(w, dw) for _, w, dw in net.parameters() if w.ndim == 2 and dw is not None]
        rows.append(np.concatenate([dw.ravel() / np.sqrt(len(w)) for w, dw in weights]))
    return np.array(rows) @ np.array(rows).T


def main(full: bool = False, seed: int = 0) -> Result:
    widths, seeds, steps = ((64, 128, 256, 512, 1024), 5, 200) if full else ((64, 128, 256, 512), 2, 100)
    train, _ = sn.load_mnist()
    x, t = train[np.flatnonzero(train.labels < 2)[:16]]
    x, y = 3 * x.astype(float), np.where(t == 0, -1.0, 1.0)[:, None]
    figure = plots.new_figure(10, 4.4, None)
    left, right = figure.subplots(1, 2)
    found = np.zeros((len(widths), seeds, 6))  # the change of four matrices and of Θ, and the difference of the losses
    for (i, width), draw in ((pair, draw) for pair in enumerate(widths) for draw in range(seeds)):
        net = sn.mlp(784, [width] * 3, 1, init=sn.He(), seed=100 * seed + draw, dtype=np.float64)
        before, kernel, f = [w.copy() for _, w, _ in net.parameters()][::2], kernel_of(net, x), net.forward(x).copy()
        trainer = sn.Trainer(net, ByFanIn(0.5 * len(x) / np.linalg.eigvalsh(kernel)[-1]), sn.MSE())
        losses, linear = [], []
        for _ in range(steps):
            losses.append(trainer.step(x, y))
            linear.append(float(((f - y) ** 2).mean()))
            f -= trainer.optimizer.lr * kernel @ (2 * (f - y) / len(x))
        pairs = [*zip([w for _, w, _ in net.parameters()][::2], before, strict=True), (kernel_of(net, x), kernel)]
        found[i, draw, :5] = [np.linalg.norm(now - was) / np.linalg.norm(was) for now, was in pairs]
        found[i, draw, 5] = np.abs(np.subtract(losses, linear)).max()
        if width in (widths[0], widths[-1]) and draw == 0:
            left.plot(losses, label=f"network, width {width}", color=plots.COLOURS[i])
            left.plot(linear, ":", color=plots.COLOURS[i], label=f"linear model, width {width}")
    left.set(xlabel="step of gradient descent", ylabel="squared error", yscale="log")
    change = np.sqrt((found**2).mean(axis=1))
    exponents = np.polyfit(np.log(widths), np.log(change), 1)[0]
    for i, label in enumerate(("W¹", "W²", "W³", "W⁴", "Θ")):
        name = f"{label}: n^{exponents[i]:.2f}"
        right.plot(widths, change[:, i], marker=plots.MARKERS[i], label=name, **plots.style(i))
    right.set(xlabel="width n", ylabel="relative change in training", xscale="log", yscale="log")
    left.legend()
    right.legend()
    outer, hidden = exponents[[0, 3]].mean(), exponents[[1, 2]].mean()
    measured = {LOSS: change[-1, 5], OUTER: outer, HIDDEN: hidden, KERNEL: exponents[4]}
    return Result(figure, measured, f"exponents of W¹ to W⁴, Θ and the loss: {np.round(exponents, 2)}")


if __name__ == "__main__":
    script(main)
