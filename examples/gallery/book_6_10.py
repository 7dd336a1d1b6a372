"""What do the activations of five layers look like before training? The book's Figs. 6-10 to 6-14.

Source: Koki Saitoh, "Deep Learning from Scratch" (ゼロから作る Deep Learning), O'Reilly Japan, 2016, sections 6.2.2, 6.2.3;
weight_init_activation_histogram.py of chapter 6. The numbers of the figures were not checked against the book.

Same: randn(1000, 100) through five layers of 100; sigmoid with std 1 (Fig. 6-10), std 0.01 (Fig. 6-11) and Xavier (Fig.
6-13; Fig. 6-12 is a drawing), ReLU with std 0.01, Xavier and He (Fig. 6-14); no biases; histograms of 30 bins.

Different: ReLU's histograms go as far as the activations do; the book's end at 1. The small setting is the full one.
"""

import numpy as np

import scratchnet as sn
from scratchnet import plots
from scratchnet.gallery import Claim, Result, script

WHY = "five seeds: 0.92 to 1.08 with He, 0.23 to 0.27 with Xavier"
HE = Claim("ReLU with He: the spread is the same in every layer (std of layer 5 / layer 1)", 1, 0.35, WHY)
XAVIER = Claim("ReLU with Xavier: activations move towards 0 layer by layer (layer 5 / layer 1)", 1, 0.5, WHY, "<")
SMALL = Claim(
    "ReLU with std 0.01: activations are very small (std of layer 5)", 1e-4, 5e-5, "five seeds: 1.3e-6 to 1.6e-6", "<"
)
ENDS = Claim(
    "sigmoid with std 1: values gather at 0 and at 1 (share within 0.1 of an end, layer 5)",
    0.5,
    0.1,
    "five seeds: 0.73 to 0.79",
    ">",
)
BOOK = sn.LeCun()  # what the book calls Xavier: 1/√n
ROWS = [
    ("Fig. 6-10: sigmoid, std 1", sn.Sigmoid, sn.Normal(1)),
    ("Fig. 6-11: sigmoid, std 0.01", sn.Sigmoid, sn.Normal(0.01)),
    ("Fig. 6-13: sigmoid, Xavier", sn.Sigmoid, BOOK),
    ("Fig. 6-14: ReLU, std 0.01", sn.ReLU, sn.Normal(0.01)),
    ("Fig. 6-14: ReLU, Xavier", sn.ReLU, BOOK),
    ("Fig. 6-14: ReLU, He", sn.ReLU, sn.He()),
]


def main(full: bool = False, seed: int = 0) -> Result:
    x = np.random.default_rng(seed).standard_normal((1000, 100))
    figure = plots.new_figure(10, 11, None)
    outs: dict[str, list[np.ndarray]] = {}
    lines = []
    for row, (label, activation, init) in zip(figure.subplots(len(ROWS), 5, sharex="row"), ROWS, strict=True):
        net = sn.Network([layer for _ in range(5) for layer in (sn.Affine(100, 100, init), activation())], seed)
        signal, outs[label] = x.astype(np.float32), []
        for layer in net.layers:
            signal = layer.forward(signal)
            if isinstance(layer, activation):
                outs[label].append(signal)
        limit = 1 if activation is sn.Sigmoid else max(1, float(np.quantile(outs[label][0], 0.999)))
        for i, (axes, out) in enumerate(zip(row, outs[label], strict=True)):
            axes.hist(out.ravel(), 30, range=(0, limit), color=plots.COLOURS[0])
            axes.set_title(label if i == 0 else f"layer {i + 1}", fontsize=9, loc="right" if i else "left")
            axes.yaxis.set_major_formatter(lambda count, _: f"{count / 1000:g}k")
        lines.append(f"{label}: std {', '.join(f'{out.std():.2g}' for out in outs[label])}")
    figure.supxlabel("activation")
    figure.supylabel("number of the 100,000 values")
    stds = {label: [float(out.std()) for out in each] for label, each in outs.items()}
    he, xavier = stds["Fig. 6-14: ReLU, He"], stds["Fig. 6-14: ReLU, Xavier"]
    last = outs["Fig. 6-10: sigmoid, std 1"][-1]
    measured = {
        HE: he[-1] / he[0],
        XAVIER: xavier[-1] / xavier[0],
        SMALL: stds["Fig. 6-14: ReLU, std 0.01"][-1],
        ENDS: float(((last < 0.1) | (last > 0.9)).mean()),
    }
    return Result(figure, measured, "\n".join(lines))


if __name__ == "__main__":
    script(main)
