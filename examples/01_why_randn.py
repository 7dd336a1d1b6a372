"""Why is W drawn by randn?

The same network on MNIST, started in five ways. Zeros: all units of a layer are identical, and stay so. std 1: the first
loss is tens of thousands, and training diverges or is slow. std 0.01: after four layers all images look alike, and the
first layer moves 10⁻⁷ of its size per step. Xavier and He: each layer keeps the size of the signal, and the network learns.
"""

import numpy as np

import scratchnet as sn
from scratchnet import plots

INITS = {
    "zeros": sn.Zeros(),
    "randn · 1": sn.Normal(1),
    "randn · 0.01": sn.Normal(0.01),
    "Xavier (book: 1/n)": sn.LeCun(),
    "He": sn.He(),
}


def main(steps: int = 1000, hidden: int = 100, depth: int = 4, stem: str = "why_randn") -> None:
    train, test = sn.load_mnist()
    x, t = train[:1000]
    curves = {}
    for label, init in INITS.items():
        net = sn.mlp(784, [hidden] * depth, 10, activation=sn.ReLU, init=init, seed=0)
        before = sn.measure_spread(net, x, t, lr=0.01)
        trainer = sn.Trainer(net, sn.SGD(lr=0.01), batch_size=128, seed=0)
        history = trainer.fit(train, steps=steps, test=test)
        curves[label] = [history.loss]

        last, first = before[f"ReLU{depth}"], before["Affine1"]
        units = next(w for name, w, _ in net.parameters() if name == "Affine1.W").T  # one row per unit
        print(f"{label}: first loss {history.loss[0]:.4g}, accuracy {history.test_accuracy[-1]:.3f}")
        print(f"    std of layer {depth}: {last.std:.2g} (one unit across images: {last.within_std:.2g})")
        ratio = "nothing" if first.update_ratio is None else f"10^{first.update_ratio:.1f} of its size"
        print(f"    a step moves the first layer by {ratio}")
        print(f"    after training, {len(np.unique(units, axis=0))} of its {hidden} units differ from each other")
        if history.diverged_at is not None:
            print(f"    diverged at step {history.diverged_at}")
    plots.save(plots.loss_curves(curves, title="The same network, started in five ways"), stem)
    print(f"saved {stem}.png and {stem}.svg")


if __name__ == "__main__":
    main()
