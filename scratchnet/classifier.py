"""The network as a scikit-learn classifier, for grids, pipelines and cross-validation.

Only this module needs scikit-learn: `from scratchnet.classifier import ScratchClassifier`.
"""

import warnings
from collections.abc import Callable, Sequence
from typing import Any, Self

import numpy as np

from scratchnet.data import Dataset
from scratchnet.initializers import InitLike, initializer
from scratchnet.layers import ACTIVATIONS, Layer, activation
from scratchnet.network import ROWS, Network, mlp
from scratchnet.optimizers import Optimizer, optimizer
from scratchnet.support.validation import Array, whole
from scratchnet.training import Trainer

try:
    from scipy.special import softmax
    from sklearn.base import BaseEstimator, ClassifierMixin
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.utils import check_random_state
    from sklearn.utils.multiclass import check_classification_targets
    from sklearn.utils.validation import check_is_fitted, validate_data
except ImportError as error:
    raise ImportError('ScratchClassifier needs scikit-learn 1.6 or later: run pip install "scratchnet[sklearn]"') from error


class ScratchClassifier(ClassifierMixin, BaseEstimator):
    """The network of `mlp`, trained by a `Trainer` on the cross-entropy of softmax(scores).

    `activation`, `init`, `bias_init` and `optimizer` are what `mlp` and `Trainer` take, or a name or call in a string, as on
    the command line: "LeakyReLU(0.2)", "He(draw=uniform)", "Momentum(0.05)". A batch has `batch_size` rows, or all rows
    if there are fewer. A whole number as `random_state` is the seed of the network and of the batches.

    X (N, D) is not scaled, so scale it first. Data in float32 are computed in float32, all others in float64. After fit:

    classes_        the labels, sorted; columns of predict_proba
    network_        the trained Network, for measure_spread and the like
    history_        the History of its training
    n_features_in_  D
    """

    def __init__(
        self,
        hidden: Sequence[int] = (100,),
        activation: str | Callable[[], Layer] = "ReLU",
        init: str | InitLike = "He",
        bias_init: str | InitLike = "Zeros",
        optimizer: str | Optimizer = "SGD(0.1)",
        batch_size: int = 100,
        epochs: int = 100,
        random_state: Any = None,
    ) -> None:
        self.hidden = hidden
        self.activation = activation
        self.init = init
        self.bias_init = bias_init
        self.optimizer = optimizer
        self.batch_size = batch_size
        self.epochs = epochs
        self.random_state = random_state

    def fit(self, X: Any, y: Any) -> Self:
        """Draw a network and train it for `epochs` on the rows X and their labels y, numbers or strings."""
        X, y = validate_data(self, X, y, dtype=[np.float64, np.float32])
        check_classification_targets(y)
        self.classes_, t = np.unique(y, return_inverse=True)
        seed = self._seed()
        self.network_ = self._network(X, seed)
        rule = optimizer(self.optimizer) if isinstance(self.optimizer, str) else self.optimizer
        batch_size = min(whole("batch_size", self.batch_size), len(X))
        trainer = Trainer(self.network_, rule, batch_size=batch_size, seed=seed)
        data = Dataset(X, t)
        data.images = X  # a Dataset makes float32 of float64
        self.history_ = trainer.fit(data, epochs=self.epochs, progress=False)
        if self.history_.divergence:
            sentence = f"training {self.history_.divergence}: scale X, or give a smaller lr or weights"
            warnings.warn(sentence, ConvergenceWarning, stacklevel=2)
        return self

    def predict_proba(self, X: Any) -> Array:
        """softmax(scores): one row of probabilities per row of X, one column for each of `classes_`."""
        check_is_fitted(self)
        X = validate_data(self, X, dtype=[np.float64, np.float32], reset=False)
        return softmax(np.concatenate(list(self.network_.scores(X))), axis=1)

    def predict(self, X: Any) -> Array:
        """The most probable label of each row of X."""
        most_probable = self.predict_proba(X).argmax(axis=1)
        return self.classes_[most_probable]

    def _seed(self) -> int:
        if isinstance(self.random_state, int | np.integer):
            return whole("random_state", self.random_state, least=0)
        return int(check_random_state(self.random_state).randint(2**31 - 1))

    def _network(self, X: Array, seed: int) -> Network:
        layer = activation(self.activation) if isinstance(self.activation, str) else self.activation
        init, bias_init = initializer(self.init, ACTIVATIONS), initializer(self.bias_init, ACTIVATIONS)
        widths = (X.shape[1], self.hidden, len(self.classes_))
        return mlp(*widths, layer, init, bias_init, seed, X.dtype, images=X[:ROWS])
