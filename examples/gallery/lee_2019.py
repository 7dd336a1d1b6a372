"""Can the training of a wide network be computed before it begins? Jacot et al. 2018 and Lee et al. 2019.

Source: Arthur Jacot, Franck Gabriel and Clément Hongler, "Neural Tangent Kernel: Convergence and Generalization in Neural
Networks", NeurIPS 2018, arXiv:1806.07572; Jaehoon Lee, Lechao Xiao, Samuel S. Schoenholz, Yasaman Bahri, Roman Novak, Jascha
Sohl-Dickstein and Jeffrey Pennington, "Wide Neural Networks of Any Depth Evolve as Linear Models Under Gradient Descent",
NeurIPS 2019, arXiv:1902.06720. Compared with the abstracts. The exponents of the weights follow from theory: all together
they move by O(1), a hidden matrix has a norm of n, the others of √n. That of Θ was not checked against the papers.

Same: three hidden layers of ReLU, gradient descent on a few digits, squared error; the loss of the network and of its linear
model, from the tangent kernel Θ at the start; how far weights and Θ move, against width.

Scaled down: 16 images, width 1,024 at most. The paper's W / √fan-in is written as a learning rate of η / fan-in.
"""

import numpy as np

import scratchnet as sn
from scratchnet import plots
from scratchnet.gallery import Claim, Result, script

LOSS = Claim("the widest network has the loss of its linear model (difference)", 0, 0.05, "five seeds: 0.01 to 0.015")
OUTER = Claim("first and last weights move by 1/√n of their size (exponent)", -0.5, 0.25, "five seeds: −0.46 to −0.62")
HIDDEN = Claim("hidden weights move by 1/n of their size (exponent)", -1, 0.25, "five seeds: −0.95 to −1.06")
KERNEL = Claim("Θ changes by O(1/√n) at most, and nearly by 1/n (exponent)", -0.4, 0, "five seeds: −0.5 to −1", "<")


class ByFanIn(sn.SGD):  # W ← W − (η / fan_in) dW; the biases stay 0
    def move(self, w: np.ndarray, dw: np.ndarray, state: dict) -> None:
        w -= (w.ndim == 2) * self.lr / len(w) * dw


def kernel_of(net: sn.Network, x: np.ndarray) -> np.ndarray:  # Θ: products of the output's gradients at each two rows
    rows = []
    for one in x:
        net.forward(one[None])
        net.backward(np.ones((1, 1)))
        parameters = net.parameters()[::2]  # the weights, without the biases
        rows.append(np.concatenate([np.asarray(dw).ravel() / np.sqrt(len(w)) for _, w, dw in parameters]))
    return np.array(rows) @ np.array(rows).T


def losses_of(trainer: sn.Trainer, x: np.ndarray, y: np.ndarray, steps: int, kernel: np.ndarray) -> np.ndarray:
    """(2, steps): the losses of the network and those of its linear model."""
    f, losses = trainer.net.forward(x).copy(), []
    for _ in range(steps):
        losses.append((trainer.step(x, y), float(((f - y) ** 2).mean())))
        f -= trainer.optimizer.lr * kernel @ (2 * (f - y) / len(x))
    return np.array(losses).T


def main(full: bool = False, seed: int = 0) -> Result:
    widths, seeds, steps = ((64, 128, 256, 512, 1024), 5, 200) if full else ((64, 128, 256, 512), 3, 100)
    x, t = sn.load_mnist()[0][:300]
    x, y = 3 * x[t < 2][:16].astype(float), np.where(t[t < 2][:16] == 0, -1.0, 1.0)[:, None]
    left, right = (figure := plots.new_figure(10, 4.4, None)).subplots(1, 2)
    found = np.zeros((len(widths), seeds, 6))  # the change of four matrices and of Θ, and the difference of the losses
    for i, draw in np.ndindex(len(widths), seeds):
        net = sn.mlp(784, [widths[i]] * 3, 1, init=sn.He(), seed=100 * seed + draw, dtype=np.float64)
        before, kernel = [w.copy() for _, w, _ in net.parameters()][::2], kernel_of(net, x)
        trainer = sn.Trainer(net, ByFanIn(0.5 * len(x) / np.linalg.eigvalsh(kernel)[-1]), sn.MSE())
        loss, linear = losses_of(trainer, x, y, steps, kernel)
        pairs = [*zip([w for _, w, _ in net.parameters()][::2], before, strict=True), (kernel_of(net, x), kernel)]
        found[i, draw] = [*(np.linalg.norm(now - was) / np.linalg.norm(was) for now, was in pairs), abs(loss - linear).max()]
        if i in (0, len(widths) - 1) and draw == 0:
            left.plot(loss, label=f"network, width {widths[i]}", color=plots.COLOURS[i])
            left.plot(linear, ":", label=f"linear model, width {widths[i]}", color=plots.COLOURS[i])
    change = np.exp(np.log(found).mean(axis=1))
    exponents = np.polyfit(np.log(widths), np.log(change), 1)[0]
    for i, label in enumerate(("W¹", "W²", "W³", "W⁴", "Θ")):
        right.semilogx(widths, change[:, i], base=2, label=f"{label}: n^{exponents[i]:.2f}", **plots.style(i))
    left.legend()
    right.legend()
    left.set(xlabel="step of gradient descent", ylabel="squared error", yscale="log")
    right.set(xlabel="width n", ylabel="relative change in training", yscale="log")
    values = change[-1, 5], exponents[[0, 3]].mean(), exponents[[1, 2]].mean(), exponents[4]
    return Result(figure, dict(zip((LOSS, OUTER, HIDDEN, KERNEL), values, strict=True)))


if __name__ == "__main__":
    script(main)
