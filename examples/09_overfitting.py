"""Do weight decay and dropout prevent overfitting? The book's Figs. 6-20 to 6-23, and the losses that go with them.

300 images only, and 784–100×6–10 with ReLU, SGD with learning rate .01, batches of 100, 301 epochs (the book's figure of
weight decay shows 201). The book names no initializer there: its class takes He's. Accuracies and losses are measured on the
training images and on all 10,000 test images. With these numbers the answer is: hardly. The gap between the two narrows a
little, and the test accuracy does not rise. Each makes the network learn the 300 images less well or later; with both it
does not learn. The losses show what accuracies hide: without help the test loss is least early and grows from then on.
"""

from typing import Any

import numpy as np

import scratchnet as sn
from scratchnet import plots

DECAY = [sn.WeightDecay(0.1)]
WAYS: dict[str, tuple[float, list[Any]]] = {  # ratio of dropout, hooks of the optimizer
    "nothing": (0.0, []),
    "weight decay, λ = 0.1": (0.0, DECAY),
    "dropout 0.2": (0.2, []),
    "both": (0.2, DECAY),
}


def main(epochs: int = 301, test_images: int = 10_000, stem: str = "overfitting") -> None:
    train, test = sn.load_mnist()
    figure = plots.new_figure(10, 5.4, None)
    figure.suptitle("Four ways to learn from 300 images")
    rows = figure.subplots(2, 4, sharex=True, sharey="row")
    for column, (label, (dropout, hooks)) in enumerate(WAYS.items()):
        net = sn.mlp(784, [100] * 6, 10, activation=sn.ReLU, init=sn.He(), seed=0, dropout=dropout)
        trainer = sn.Trainer(net, sn.SGD(lr=0.01, hooks=hooks), batch_size=100, seed=0)
        history = trainer.fit(train[:300], epochs=epochs, test=test[:test_images])
        done = np.array(history.evaluated_at) / trainer.steps_per_epoch
        for axes, name in zip(rows[:, column], ("accuracy", "loss"), strict=True):
            for i, (part, images) in enumerate({"train": "300 training images", "test": "test images"}.items()):
                axes.plot(done, history.measured[f"{part}_{name}"], label=images, **plots.style(i))
            axes.grid(alpha=0.3)
        rows[0, column].set_title(label, fontsize=10)
        rows[1, column].set(xlabel="epoch", yscale="log")

        size = np.sqrt(np.mean(np.concatenate([w.ravel() for _, w, _ in net.parameters() if w.ndim > 1]) ** 2))
        seen, unseen = history.train_accuracy[-1], history.test_accuracy[-1]
        print(f"{label:22} training {seen:.3f}, test {unseen:.3f}, gap {seen - unseen:.3f}; rms of the weights {size:.3f}")
        losses, least = history.test_loss, int(np.argmin(history.test_loss))
        print(f"{'':22} test loss {losses[-1]:.3f}, least after epoch {least + 1}: {losses[least]:.3f}")
    rows[0, 0].set(ylabel="accuracy", ylim=(0, 1.02))
    rows[1, 0].set(ylabel="cross-entropy")
    figure.legend(*rows[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    plots.save(figure, stem)
    print(f"saved {stem}.png and {stem}.svg")


if __name__ == "__main__":
    main()
