"""Can a training be broken off and go on, without a trace? A stop at step 370, and the last checkpoint.

`fit(checkpoint=path, checkpoint_every=200)` writes the whole training to a file: parameters, the optimizer's memory, the
running statistics of BatchNorm, the streams of the batches and of dropout. `sn.load_trainer(path)` goes on from there. The
losses after it are those of a training that nothing broke off, to the last bit. A copy of the parameters alone goes on too,
but with the first batches again and a new optimizer: other losses.
"""

import tempfile
from pathlib import Path

import numpy as np

import scratchnet as sn
from scratchnet import plots


def trainer() -> sn.Trainer:
    return sn.Trainer(sn.mlp(784, [100] * 2, 10, normalization=sn.BatchNorm, dropout=0.2, seed=1), sn.Adam(0.001))


def main(steps: int = 600, every: int = 200, stop: int = 370, stem: str = "keep_what_was_trained") -> None:
    train, whole, broken, copy = sn.load_mnist()[0], trainer(), trainer(), trainer()
    whole.fit(train, steps=steps)

    def power_cut(trainer: sn.Trainer) -> None:
        if trainer.steps == stop:
            raise KeyboardInterrupt

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "training.npz"
        try:
            broken.fit(train, steps=steps, checkpoint=path, checkpoint_every=every, on_step=power_cut)
        except KeyboardInterrupt:
            resumed = sn.load_trainer(path)
    print(f"stopped at step {broken.steps}, went on from step {(begin := resumed.steps)}")
    for (_, w, _), (_, saved, _) in zip(copy.net.parameters(), resumed.net.parameters(), strict=True):
        w[...] = saved
    for one in (resumed, copy):
        one.fit(train, steps=steps - begin)
    print(f"the same losses as without a stop: {resumed.history.loss == whole.history.loss}")

    figure = plots.new_figure(8, 4.5, None)
    axes = figure.subplots()
    for i, (label, one) in enumerate({"without a stop": whole, "resumed": resumed, "parameters alone": copy}.items()):
        loss = np.convolve(one.history.loss, np.ones(every // 10 + 1) / (every // 10 + 1), "valid")
        at = np.arange(steps - len(loss), steps) + 1
        look = {"marker": "o", "linestyle": "", "markevery": max(1, steps // 60)} if one is resumed else plots.style(i)
        axes.plot(at[at > begin * (i > 0)], loss[at > begin * (i > 0)], label=label, **(look | {"color": plots.COLOURS[i]}))
    axes.axvline(begin, color="grey", linestyle=":", label=f"last checkpoint, {begin}")
    axes.axvline(stop, color="black", linestyle="--", linewidth=1, label=f"stopped at {stop}")
    axes.set(xlabel="step", ylabel="cross-entropy, mean over 21 steps", yscale="log", title="A training that was broken off")
    axes.legend()
    plots.save(figure, stem)
    print(f"saved {stem}.png and {stem}.svg")


if __name__ == "__main__":
    main()
