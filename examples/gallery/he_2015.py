"""Which start trains thirty layers of ReLU? He et al. 2015, Figs. 2 and 3.

Source: Kaiming He, Xiangyu Zhang, Shaoqing Ren and Jian Sun, "Delving Deep into Rectifiers: Surpassing Human-Level
Performance on ImageNet Classification", ICCV 2015, arXiv:1502.01852.

Same: 22 and 30 layers of ReLU, the paper's start (variance 2/n) against "Xavier" (1/n, as Caffe has it), SGD with momentum
0.9; error against training time.

Scaled down: fully connected layers of 100 units on MNIST in place of convolutions on ImageNet, which take weeks; 300 or
thousands of steps in place of nine epochs; that both converge at 22 layers is only seen in the full setting. The curves are
training errors of batches, means of a twentieth of the steps.
"""

import numpy as np

import scratchnet as sn
from scratchnet import plots
from scratchnet.gallery import Claim, Result, script

STALLS = Claim("30 layers: Xavier stalls (last loss / ln 10)", 1, 0.02, "the mean of a tenth of the losses varies by 0.3 %")
TRAINS = Claim("30 layers: the paper's start converges (last loss / ln 10)", 0.75, 0.1, "five seeds give 0.1 to 0.5", "<")
EARLIER = Claim(
    "22 layers: the paper's start reduces the error earlier (steps to a loss of 2, relative to Xavier's)",
    1,
    0.2,
    "five seeds",
    "<",
)
BOTH = Claim("22 layers: both converge (Xavier's last loss / ln 10)", 0.75, 0.1, "five seeds", "<")
INITS = {"ours (2/n)": sn.He(), "Xavier (1/n)": sn.LeCun()}


def main(full: bool = False, seed: int = 0) -> Result:
    lengths = {22: 3000, 30: 1500} if full else {22: 300, 30: 300}
    train, _ = sn.load_mnist()
    figure = plots.new_figure(10, 4.4, None)
    losses, lines = {}, []
    for axes, (depth, steps) in zip(figure.subplots(1, 2, sharey=True), lengths.items(), strict=True):
        for i, (label, init) in enumerate(INITS.items()):
            net = sn.mlp(784, [100] * (depth - 1), 10, init=init, seed=seed)
            loss = np.array(
                sn.Trainer(net, sn.Momentum(0.01), batch_size=100, seed=seed).fit(train, steps=steps, progress=False).loss
            )
            losses[depth, label] = smooth = np.convolve(loss, np.ones(steps // 20) / (steps // 20), "valid")
            axes.plot(np.arange(len(smooth)) + steps // 20, smooth, label=label, **plots.style(i))
            lines.append(f"{depth} layers, {label}: last loss {smooth[-1]:.3f}")
        axes.set(xlabel="step", title=f"{depth} layers")
    figure.axes[0].set(ylabel="loss", ylim=(0, 2.6))
    figure.axes[0].legend()
    guess = np.log(10)
    first = {label: lengths[22] // 20 + int((losses[22, label] >= 2).sum()) for label in INITS}
    measured = {
        STALLS: losses[30, "Xavier (1/n)"][-1] / guess,
        TRAINS: losses[30, "ours (2/n)"][-1] / guess,
        EARLIER: first["ours (2/n)"] / first["Xavier (1/n)"],
    }
    if full:
        measured[BOTH] = losses[22, "Xavier (1/n)"][-1] / guess
    return Result(figure, measured, "\n".join(lines))


if __name__ == "__main__":
    script(main)
