"""Which digits does a network of 99 % still get wrong? The book's DeepConvNet and its Fig. 8-2.

Six convolutions of 3 × 3 in three pairs with pooling after each, two Affine layers, dropout, He: Adam with learning rate
.001, batches of 100, 20 epochs on all of MNIST. It prints one line per epoch: the loss (with dropout, so it stays high), the
accuracy on the first 10,000 training images and on all test images. Then come the mistakes on the test set, worst first:
those where the network gives the right label the lowest probability. Would you have read them right?
"""

import time

import numpy as np

import scratchnet as sn
from scratchnet import plots


def main(epochs: int = 20, rows: int = 4, columns: int = 5, stem: str = "deep_convnet") -> None:
    train, test = sn.load_mnist(flatten=False)
    net = sn.deep_convnet(seed=0)
    trainer = sn.Trainer(net, sn.Adam(0.001), batch_size=100, seed=0)
    for epoch in range(1, epochs + 1):
        start = time.perf_counter()
        history = trainer.fit(train, epochs=1, test=test)
        loss, took = np.mean(history.loss[-100:]), time.perf_counter() - start
        told = f"training {history.train_accuracy[-1]:.4f}, test {history.test_accuracy[-1]:.4f}"
        print(f"epoch {epoch}, step {trainer.steps}: loss {loss:.4f}, accuracy {told}, {took:.0f} s", flush=True)

    x, t = test[:]
    scores = np.concatenate(list(net.scores(x)))
    p = np.exp(scores - scores.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    read = p.argmax(axis=1)
    wrong = np.flatnonzero(read != t)
    worst = wrong[np.argsort(p[wrong, t[wrong]], kind="stable")][: rows * columns]
    print(f"{len(wrong)} of {len(t):,} test images are read wrongly")

    figure = plots.new_figure(1.5 * columns, 1.75 * rows + 0.6, None)
    figure.suptitle(f"The worst of {len(wrong)} mistakes on {len(t):,} test images")
    for axes in figure.subplots(rows, columns, squeeze=False).ravel():
        axes.set_axis_off()
    for axes, i in zip(figure.axes, worst, strict=False):
        axes.imshow(x[i, :, :, 0], cmap="gray_r")
        axes.set_title(f"{t[i]} read as {read[i]}\n({p[i, read[i]]:.0%} sure)", fontsize=9)
        print(f"test image {i}: a {t[i]}, read as {read[i]} with probability {p[i, read[i]]:.3f}")
    plots.save(figure, stem)
    print(f"saved {stem}.png and {stem}.svg")


if __name__ == "__main__":
    main()
