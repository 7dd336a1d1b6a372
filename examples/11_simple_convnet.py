"""What does a convolution buy? The book's SimpleConvNet (chapter 7) on all of MNIST, beside an MLP of equal size.

A convolution of 30 filters of 5 × 5, pooling and two Affine layers; Adam with learning rate .001, batches of 100, 20 epochs.
The convnet starts with the book's std .01 and has 434,000 parameters, the MLP, 784–400–300–10 with He, 437,000. Both
are measured after each epoch on the first 10,000 training images and on all test images, which training never sees.
"""

from typing import Any

import numpy as np

import scratchnet as sn
from scratchnet import plots


def main(epochs: int = 20, stem: str = "simple_convnet") -> None:
    train, test = sn.load_mnist(flatten=False)
    nets = {
        "SimpleConvNet": sn.simple_convnet(seed=0),
        "MLP": sn.Network([sn.Flatten(), *sn.mlp(784, [400, 300], 10, init=sn.He()).layers], seed=0),
    }
    figure = plots.new_figure(8, 5, None)
    axes = figure.add_subplot()
    for i, (label, net) in enumerate(nets.items()):
        print(f"{label}, {sum(w.size for _, w, _ in net.parameters()):,} parameters:", flush=True)
        history = sn.Trainer(net, sn.Adam(0.001), batch_size=100, seed=0).fit(train, epochs=epochs, test=test)
        print(history, flush=True)
        done = np.arange(len(history.test_accuracy)) + 1
        look: dict[str, Any] = {"color": plots.COLOURS[i], "marker": plots.MARKERS[i], "markersize": 4}
        axes.plot(done, history.train_accuracy, linestyle="--", label=f"{label}, training images", **look)
        axes.plot(done, history.test_accuracy, label=f"{label}, test images", **look)
    axes.set(xlabel="epoch", ylabel="accuracy", xlim=(0, epochs + 0.5), title="A convolutional network and an MLP on MNIST")
    axes.grid(alpha=0.3)
    axes.legend()
    plots.save(figure, stem)
    print(f"saved {stem}.png and {stem}.svg")


if __name__ == "__main__":
    main()
