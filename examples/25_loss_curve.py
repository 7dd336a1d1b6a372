"""Can the loss curve be drawn before training? Yes, up to the step where the network begins to learn features.

The book's network, 784–100×4–10 with ReLU and SGD .01, under three initializers. Theory knows only the laws of the weights
and some images. Its curve is black, and ends where it says that it knows no more; the trained networks are in colour.
"""

import scratchnet as sn
from scratchnet import plots

INITS = {"std 0.01": sn.Normal(0.01), "LeCun": sn.LeCun(), "He": sn.He()}


def main(steps: int = 2000, width: int = 100, seeds: int = 3, stem: str = "loss_curve") -> None:
    train, predicted, measured = sn.load_mnist()[0], {}, {}
    optimizer = sn.SGD(0.01)

    def network(init: sn.Initializer, seed: int) -> sn.Network:
        return sn.mlp(784, [width] * 4, 10, init=init, seed=seed)

    for label, init in INITS.items():
        predicted[label] = sn.predict_training(network(init, 0), train, optimizer, 128, steps)
        print(f"{label}: {predicted[label].sentence()}; {predicted[label].plateau}")
    for label, init in INITS.items():
        trainers = [sn.Trainer(network(init, seed), optimizer, batch_size=128, seed=seed) for seed in range(seeds)]
        measured[label] = [trainer.fit(train, steps).loss for trainer in trainers]
    plots.save(plots.loss_curves(measured, title="Predicted before training, and measured", predicted=predicted), stem)
    print(f"saved {stem}.png and {stem}.svg")


if __name__ == "__main__":
    main()
