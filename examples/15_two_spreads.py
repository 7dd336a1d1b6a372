"""My histogram of the activations looks fine; why does nothing learn?

Ten layers of sigmoid with the book's Xavier. The histogram of a whole layer, all inputs and units together, has a std of .12
at any depth: it looks healthy. Within one unit, across inputs, the std falls by a factor of four in each layer: every input
gives the same output, so there is nothing to learn from. ExactGain, which keeps the size of the signal, does not help: the
size is mostly that of the mean. Critical keeps the difference between two inputs.
"""

import numpy as np

import scratchnet as sn
from scratchnet import plots

INITS = {
    "Xavier (book: 1/n)": sn.LeCun(),
    "ExactGain(Sigmoid)": sn.ExactGain(sn.Sigmoid),
    "Critical(Sigmoid)": sn.Critical(sn.Sigmoid),
}


def main(steps: int = 2000, depth: int = 10, width: int = 100, lr: float = 0.1, stem: str = "two_spreads") -> None:
    train, test = sn.load_mnist()
    window = max(1, steps // 50)
    figure = plots.new_figure(11, 4.6, None)
    left, right = figure.subplots(1, 2)
    layers = range(1, depth + 1)
    looks = plots.looks(INITS)
    for label, init in INITS.items():
        net = sn.mlp(784, [width] * depth, 10, activation=sn.Sigmoid, init=init, seed=0)
        predicted, measured = sn.predict_spread(net, *train[:1000], lr), sn.measure_spread(net, *train[:1000], lr)
        print(f"{label} {predicted.outlook()}")
        look = looks[label]
        marks = {**plots.marks_of(look), "linestyle": "", "markersize": 5}
        for what, face, dash in (("std", look.colour, "-"), ("within_std", "none", "--")):
            left.plot(layers, [getattr(layer, what) for layer in predicted.activations], dash, color=look.colour)
            left.plot(layers, [getattr(layer, what) for layer in measured.activations], **marks, markerfacecolor=face)
        history = sn.Trainer(net, sn.SGD(lr), batch_size=128, seed=0).fit(train, steps=steps, test=test)
        means = np.convolve(history.loss, np.ones(window) / window, "valid")
        right.plot(np.arange(window, window + len(means)), means, label=label, **plots.line_of(look))
        last = measured.activations[-1]
        print(f"  layer {depth}: pooled std {last.std:.2g}, within {last.within_std:.2g}")
        print(f"  test accuracy after {steps} steps: {history.test_accuracy[-1]:.3f}")
    left.set(yscale="log", xlabel="layer", ylabel="std of the activations", xticks=layers)
    left.set_title("pooled (filled, solid) and within a unit (hollow, dashed):\ndots measured, lines predicted", fontsize=10)
    right.set(yscale="log", xlabel="step", ylabel=f"cross-entropy, mean of {window} steps")
    right.set_title(f"training, SGD({lr:g})", fontsize=10)
    right.yaxis.set(major_formatter="{x:g}", minor_formatter="{x:g}")
    figure.legend(loc="outside lower center", ncols=3, handlelength=3.5)
    plots.save(figure, stem)
    print(f"saved {stem}.png and {stem}.svg")


if __name__ == "__main__":
    main()
