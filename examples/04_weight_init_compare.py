"""How much does the start matter for learning? The book's Fig. 6-15: three initializers, MNIST.

784–100×4–10 with ReLU, SGD with learning rate .01, batches of 128, 2,000 steps. All three see the same batches, and their
weights are the same random numbers, scaled to three sizes.
"""

import scratchnet as sn
from scratchnet import plots

INITS = {"std 0.01": sn.Normal(0.01), "Xavier (book: 1/n)": sn.LeCun(), "He": sn.He()}


def main(steps: int = 2000, seeds: int = 1, stem: str = "weight_init_compare") -> None:
    result = sn.compare(INITS, hidden=[100] * 4, activation=sn.ReLU, steps=steps, seeds=seeds)
    print(result)
    plots.save(result.loss_figure("Three initializers on MNIST"), stem)
    print(f"saved {stem}.png and {stem}.svg")


if __name__ == "__main__":
    main()
