"""Can the data themselves choose the size of the weights? Twenty layers of 100 units on MNIST, with ReLU and with tanh.

LSUV (Mishkin & Matas 2016) starts from orthogonal weights, as Orthogonal does, looks at a batch, and divides each layer's
weights by the std of its outputs, from the first layer to the last. It needs no formula for the activation: the factors it
finds, printed here, are the gain on these images. He's √2 is made for ReLU, and Orthogonal's 1 for no activation.
"""

import numpy as np

import scratchnet as sn
from scratchnet import plots


def factors(net: sn.Network, orthogonal: sn.Network) -> list[float]:
    """The factors by which LSUV has multiplied the weights that Orthogonal draws with the same seed."""
    pairs = zip(net.parameters(), orthogonal.parameters(), strict=True)
    return [float(np.linalg.norm(w) / np.linalg.norm(q)) for (_, w, _), (_, q, _) in pairs if w.ndim > 1]


def main(steps: int = 1000, depth: int = 20, width: int = 100, stem: str = "lsuv") -> None:
    train, test = sn.load_mnist()
    batch, t = train[:1000]
    window = max(1, steps // 50)
    figure = plots.new_figure(10, 7.5, None)
    for (spread_axes, loss_axes), activation in zip(figure.subplots(2, 2, sharey="col"), (sn.ReLU, sn.Tanh), strict=True):
        kind = activation.__name__
        inits = {"LSUV": sn.LSUV(), "He": sn.He(), "Orthogonal": sn.Orthogonal()}
        for label, init in inits.items():
            look = plots.line_of(plots.looks(inits)[label])
            net = sn.mlp(784, [width] * depth, 10, activation, seed=0)
            net.initialize(init, images=batch)  # only LSUV looks at them
            if isinstance(init, sn.LSUV):
                plain = sn.mlp(784, [width] * depth, 10, activation, init=sn.Orthogonal(), seed=0)
                print(f"{kind}: LSUV's factors, layer by layer:", *(f"{factor:.2f}" for factor in factors(net, plain)))
            spread = sn.measure_spread(net, batch, t)
            history = sn.Trainer(net, sn.SGD(lr=0.01), batch_size=100, seed=0).fit(train, steps=steps, test=test)
            stds = [layer.std for layer in spread.activations]
            spread_axes.plot(np.arange(1, depth + 1), stds, label=label, **look)
            means = np.convolve(history.loss, np.ones(window) / window, "valid")
            loss_axes.plot(np.arange(window, window + len(means)), means, **look)
            print(
                f"{kind}, {label}: std of activations {stds[0]:.2g} in layer 1, {stds[-1]:.2g} in layer {depth}, first loss "
                f"{history.loss[0]:.3g}, at the end {means[-1]:.3g}, test accuracy {history.test_accuracy[-1]:.3f}"
            )
        spread_axes.set(yscale="log", xlabel="layer", ylabel="std of activations", title=f"{kind}, before training")
        spread_axes.set_xticks(np.linspace(1, depth, min(depth, 5), dtype=int))
        loss_axes.set(yscale="log", xlabel="step", ylabel=f"loss, mean of {window} steps", title=f"{kind}, training")
        loss_axes.set_yticks([0.2, 0.3, 0.5, 1, 2], ["0.2", "0.3", "0.5", "1", "2"])
        loss_axes.minorticks_off()
    figure.legend(*spread_axes.get_legend_handles_labels(), loc="outside lower center", ncols=3, handlelength=3.5)
    plots.save(figure, stem)
    print(f"saved {stem}.png and {stem}.svg")


if __name__ == "__main__":
    main()
