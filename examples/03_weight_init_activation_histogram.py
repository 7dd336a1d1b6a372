"""What do the activations of five layers look like, before any training? The book's Figs. 6-10 to 6-14.

1,000 rows of 100 random numbers go through five layers of 100 units: sigmoid, ReLU and tanh, each started with std 1,
std 0.01, the book's Xavier (1/√n) and He. There are two numbers above each histogram: `std` is that of the whole histogram,
`within` that of one unit across inputs. With sigmoid and Xavier the first looks fine, but the second shows that in the fifth
layer every input gives nearly the same output. The line on each histogram is what theory predicts before weights are drawn.
"""

import numpy as np

import scratchnet as sn
from scratchnet import plots

INITS = {"std 1": sn.Normal(1), "std 0.01": sn.Normal(0.01), "Xavier (book: 1/n)": sn.LeCun(), "He": sn.He()}


def main(rows: int = 1000, width: int = 100, depth: int = 5, seed: int = 0, stem: str = "activations") -> None:
    x = np.random.default_rng(seed).standard_normal((rows, width))
    for activation in (sn.Sigmoid, sn.ReLU, sn.Tanh):
        spreads, predicted = {}, {}
        for label, init in INITS.items():
            layers = [layer for _ in range(depth) for layer in (sn.Affine(width, width, init), activation())]
            net = sn.Network(layers, seed=seed)
            spreads[label], predicted[label] = sn.measure_spread(net, x), sn.predict_spread(net, x)
            stds = "  ".join(f"{layer.std:8.2g} ({layer.within_std:.1e})" for layer in spreads[label].activations)
            print(f"{activation.__name__:8} {label:20} {stds}")
        name = f"{stem}_{activation.__name__.lower()}"
        title = f"{activation.__name__}, five layers of {width}, on randn({rows}, {width})".replace("five", str(depth))
        plots.save(plots.activation_histograms(spreads, title, predicted=predicted), name)
        print(f"saved {name}.png and {name}.svg")


if __name__ == "__main__":
    main()
