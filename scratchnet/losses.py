"""The loss stands beside the network, not in it: it turns scores and targets into one number, and then into dscores.

Read next: `scratchnet.data`.
"""

import numpy as np

from scratchnet.support.quiet import quiet
from scratchnet.support.validation import Array, InputError, float_array, labels


class SoftmaxCrossEntropy:
    """The mean over the batch of −ln y[t],  y = softmax(scores)

        y_k = e^(s_k) / Σⱼ e^(s_j)        dscores = (y − onehot(t)) / N

    Shapes: scores (N, C), t (N,) class numbers from 0 to C − 1. A network that knows nothing pays ln C.
    ln y comes straight from the scores, s_t − ln Σ e^s, so a loss of 30,000 is shown as 30,000. The book adds 1e-7 inside
    the logarithm, which caps the loss at 16.1. PyTorch: CrossEntropyLoss.
    """

    @quiet
    def forward(self, scores: Array, t: Array) -> float:
        scores = np.asarray(scores)
        if scores.ndim != 2 or not scores.size:
            raise InputError(f"the scores have shape {scores.shape}, but one row of scores per image is needed")
        rows, classes = scores.shape
        self.t = labels(t, rows, classes)
        shifted = scores - scores.max(axis=1, keepdims=True)
        self.y = np.exp(shifted)
        total = self.y.sum(axis=1, keepdims=True)
        self.y /= total
        return float((np.log(total[:, 0]) - shifted[np.arange(rows), self.t]).sum() / rows)

    @quiet
    def backward(self) -> Array:
        dscores = self.y.copy()
        dscores[np.arange(len(self.t)), self.t] -= 1
        return dscores / len(self.t)


class MSE:
    """The mean over all elements of (y − t)²

        dy = 2 (y − t) / size

    Shapes: y and t alike. The book's sum_squared_error is ½ Σ (y − t)². PyTorch: MSELoss.
    """

    @quiet
    def forward(self, y: Array, t: Array) -> float:
        t = float_array("the targets", t, y.dtype)
        if t.shape != y.shape:
            raise InputError(f"the targets have shape {t.shape}, but the outputs {y.shape}: give one for each output")
        self.difference = y - t
        return float((self.difference**2).mean())

    @quiet
    def backward(self) -> Array:
        return 2 * self.difference / self.difference.size


Loss = SoftmaxCrossEntropy | MSE
