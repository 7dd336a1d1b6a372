"""Which start trains thirty layers of ReLU? He et al. 2015, Figs. 2 and 3.

Source: Kaiming He, Xiangyu Zhang, Shaoqing Ren and Jian Sun, "Delving Deep into Rectifiers: Surpassing Human-Level
Performance on ImageNet Classification", ICCV 2015, arXiv:1502.01852. Compared with what others quote from it.

Same: 22 and 30 layers of ReLU, the paper's start (variance 2/n) against "Xavier" (1/n), SGD with momentum 0.9; error against
training time.

Scaled down: fully connected layers of 100 units on MNIST in place of convolutions on ImageNet, which take weeks; loss in
place of top-1 error. The small setting makes 300 steps; that both converge at 22 layers is seen in the full one, of 3,000
steps.
"""

import numpy as np

import scratchnet as sn
from scratchnet import plots
from scratchnet.gallery import Claim, Result, script

STALLS = Claim("30 layers: Xavier stalls (loss at step 300 / ln 10)", 1, 0.02, "five seeds: 0.999 to 1.001")
NEVER = Claim(
    "30 layers: Xavier has not learnt at the end either (last loss / ln 10)",
    1,
    0.02,
    "measured in the full setting",
    tried="in the paper it completely stalls; here, with MNIST and 100 units, it learns after some hundred steps",
)
TRAINS = Claim("30 layers: the paper's start converges (last loss / ln 10)", 0.75, 0.1, "five seeds: 0.31 to 0.43", "<")
EARLIER = Claim(
    "22 layers: its error falls earlier (steps to a loss of 2 / Xavier's)", 1, 0.2, "five seeds: 0.12 to 0.2", "<"
)
BOTH = Claim("22 layers: both converge (Xavier's last loss / ln 10)", 0.75, 0.1, "measured in the full setting", "<")
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
    ours, xavier = (losses[30, label] for label in INITS)
    measured = {
        STALLS: xavier[300 - lengths[30] // 20] / guess,
        TRAINS: ours[-1] / guess,
        EARLIER: first["ours (2/n)"] / first["Xavier (1/n)"],
    }
    if full:
        measured |= {NEVER: xavier[-1] / guess, BOTH: losses[22, "Xavier (1/n)"][-1] / guess}
    lines.append(f"30 layers, Xavier: loss below 2 at step {lengths[30] // 20 + int((xavier >= 2).sum())}" if full else "")
    return Result(figure, measured, "\n".join(filter(None, lines)))


if __name__ == "__main__":
    script(main)
