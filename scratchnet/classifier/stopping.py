"""Early stopping as in MLPClassifier, a callback of `fit`: the network is in the end what it was at its best accuracy."""

import numpy as np

from scratchnet.network import Network
from scratchnet.support.validation import Array
from scratchnet.training import Trainer


class EarlyStopping:
    """After each epoch, the accuracy on the rows (X, t); stop once it has not improved for too long.

    An epoch whose accuracy is below the best one + `tol` is one without improvement. More than `patience` of them in a row
    end the training. `best` is the greatest accuracy before this training.
    """

    def __init__(self, net: Network, X: Array, t: Array, weights: Array, tol: float, patience: float, best: float) -> None:
        self.net, self.X, self.t, self.weights = net, X, t, weights
        self.tol, self.patience, self.best = tol, patience, best
        self.scores: list[float] = []
        self.without_gain = 0
        self.state = net.state()

    def __call__(self, trainer: Trainer) -> None:
        right = self.net.predict(self.X) == self.t
        score = float(np.average(right, weights=self.weights))
        self.scores.append(score)
        self.without_gain = self.without_gain + 1 if score < self.best + self.tol else 0
        if score > self.best:
            self.best, self.state = score, self.net.state()
        if self.without_gain > self.patience:
            trainer.stop()
