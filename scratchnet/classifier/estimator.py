"""`ScratchClassifier`: a network that is built and trained by `fit(X, y)`, with the attributes of MLPClassifier.

Read next: `loss`.
"""

import math
import warnings
from collections.abc import Callable, Sequence
from typing import Any, Self

import numpy as np

from scratchnet.data import Dataset
from scratchnet.experiment.texts import stable_repr
from scratchnet.initializers import InitLike, initializer
from scratchnet.layers import ACTIVATIONS, BatchNorm, Layer, activation
from scratchnet.network import ROWS, Network, mlp
from scratchnet.optimizers import Optimizer, optimizer
from scratchnet.support.validation import Array, InputError, flag, number, shown, whole
from scratchnet.training import History, Trainer

try:
    from scipy.special import log_softmax, softmax
    from sklearn.base import BaseEstimator, ClassifierMixin
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.model_selection import train_test_split
    from sklearn.utils import check_random_state
    from sklearn.utils.multiclass import check_classification_targets
    from sklearn.utils.validation import check_is_fitted, validate_data

    from scratchnet.classifier.loss import WeightedLoss, affine_arrays, row_weights
    from scratchnet.classifier.stopping import EarlyStopping
except ImportError as error:
    raise ImportError('ScratchClassifier needs scikit-learn 1.6 or later: run pip install "scratchnet[sklearn]"') from error

OF_NETWORK = ("hidden", "activation", "init", "bias_init", "dropout", "batch_norm")


class ScratchClassifier(ClassifierMixin, BaseEstimator):
    """The network of `mlp`, trained by a `Trainer` on the cross-entropy of softmax(scores).

    `activation`, `init`, `bias_init` and `optimizer` are what `mlp` and `Trainer` take, or a name or call in a string, as on
    the command line: "LeakyReLU(0.2)", "He(draw=uniform)", "Momentum(0.05)". A batch has `batch_size` rows, or all rows
    if there are fewer. A whole number as `random_state` is the seed of the network and of the batches. `dropout` is the
    ratio of a Dropout after each activation, and `batch_norm` puts a BatchNorm before each.

    These arguments mean what they mean in MLPClassifier:

    alpha           L2 regularization: α/2 · Σ W² is added to the sum of a batch's losses. The default is 0
    warm_start      fit goes on with the network of the last fit, and with a new optimizer
    early_stopping  keep `validation_fraction` of the rows apart, stratified by class. Stop once the accuracy on them has
                    not improved by `tol` for more than `n_iter_no_change` epochs, and keep the best network. Without it
                    all `epochs` are made, where MLPClassifier would stop at a training loss that no longer falls

    X (N, D) is not scaled, so scale it first. Data in float32 are computed in float32, all others in float64. After fit:

    classes_                the labels, sorted; columns of predict_proba
    network_                the trained Network, for measure_spread and the like
    history_                the History of its training
    n_features_in_          D
    coefs_, intercepts_     the arrays W (n_in, n_out) and b of the Affine layers; BatchNorm's are in network_ alone
    n_layers_, n_outputs_   the number of Affine layers + 1, and the number of classes
    n_iter_                 the number of epochs that the last call of fit or partial_fit began
    t_                      the number of rows that all calls have trained on, each counted as often as it was used
    loss_curve_             the mean loss of each epoch, with alpha's term; loss_ is the last one
    best_loss_              the least of them; None with early_stopping
    validation_scores_      with early_stopping, the accuracy after each epoch, and best_validation_score_; else None
    """

    loss_curve_: list[float]
    best_loss_: float | None
    validation_scores_: list[float] | None
    best_validation_score_: float | None
    _optimizer: Optimizer  # of the last call, with what it remembers

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
        alpha: float = 0.0,
        dropout: float = 0.0,
        batch_norm: bool = False,
        warm_start: bool = False,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        n_iter_no_change: float = 10,
        tol: float = 1e-4,
    ) -> None:
        self.hidden = hidden
        self.activation = activation
        self.init = init
        self.bias_init = bias_init
        self.optimizer = optimizer
        self.batch_size = batch_size
        self.epochs = epochs
        self.random_state = random_state
        self.alpha = alpha
        self.dropout = dropout
        self.batch_norm = batch_norm
        self.warm_start = warm_start
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.tol = tol

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Draw a network and train it for `epochs` on the rows X and their labels y, numbers or strings.

        `sample_weight` (N,) holds a number of at least 0 for each row: how often its loss counts. The loss of a batch is
        divided by the sum of its weights. A row of weight 0 is left out, apart from its label in `classes_`.
        """
        goes_on = flag("warm_start", self.warm_start) and hasattr(self, "network_")
        X, y = self._rows(X, y, reset=not goes_on)
        labels, t = np.unique(y, return_inverse=True)
        if goes_on and not np.array_equal(labels, self.classes_):
            raise InputError(
                f"y has the classes {shown(labels.tolist())}, but warm_start goes on with {shown(self.classes_.tolist())}: "
                "give these, or write warm_start=False"
            )
        self._train(X, t, labels, sample_weight, whole("epochs", self.epochs), goes_on, self._rule())
        return self

    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> Self:
        """Train for one epoch on these rows, with the network and the optimizer of the calls before.

        The first call needs `classes`: all labels that any later y may hold.
        """
        if flag("early_stopping", self.early_stopping):
            raise InputError("partial_fit does not support early_stopping=True, since it makes one epoch: write False")
        goes_on = hasattr(self, "network_")
        if not goes_on and classes is None:
            raise InputError("classes must be passed on the first call to partial_fit: give all labels, sorted or not")
        labels = self.classes_ if classes is None else np.unique(classes)
        if goes_on and not np.array_equal(labels, self.classes_):
            raise InputError(f"classes is {shown(labels.tolist())}, but the first call had {shown(self.classes_.tolist())}")
        X, y = self._rows(X, y, reset=not goes_on)
        if new := set(y.tolist()) - set(labels.tolist()):
            raise InputError(f"y has the label {shown(min(new, key=str))}, but classes is {shown(labels.tolist())}")
        rule = self._rule()
        same_rule = goes_on and self._rule_text == stable_repr(rule)
        self._train(X, np.searchsorted(labels, y), labels, sample_weight, 1, goes_on, None if same_rule else rule)
        return self

    def predict_proba(self, X: Any) -> Array:
        """softmax(scores): one row of probabilities per row of X, one column for each of `classes_`."""
        return softmax(self._scores(X), axis=1)

    def predict_log_proba(self, X: Any) -> Array:
        """ln softmax(scores), finite also where a probability is so small that as a float it is 0."""
        return log_softmax(self._scores(X), axis=1)

    def predict(self, X: Any) -> Array:
        """The most probable label of each row of X."""
        most_probable = self.predict_proba(X).argmax(axis=1)
        return self.classes_[most_probable]

    @property
    def coefs_(self) -> list[Array]:
        return affine_arrays(self.network_, "W")

    @property
    def intercepts_(self) -> list[Array]:
        return affine_arrays(self.network_, "b")

    @property
    def n_layers_(self) -> int:
        return len(self.coefs_) + 1

    @property
    def n_outputs_(self) -> int:
        return len(self.intercepts_[-1])

    def _rows(self, X: Any, y: Any, reset: bool) -> tuple[Array, Array]:
        X, y = validate_data(self, X, y, dtype=[np.float64, np.float32], reset=reset)
        check_classification_targets(y)
        return X, y

    def _scores(self, X: Any) -> Array:
        check_is_fitted(self)
        X = validate_data(self, X, dtype=[np.float64, np.float32], reset=False)
        return np.concatenate(list(self.network_.scores(X)))

    def _rule(self) -> Optimizer:
        return optimizer(self.optimizer) if isinstance(self.optimizer, str) else self.optimizer

    def _train(
        self, X: Array, t: Array, labels: Array, sample_weight: Any, epochs: int, goes_on: bool, rule: Optimizer | None
    ) -> None:
        """Train for some epochs. Without a rule, the optimizer of the last call goes on."""
        alpha = number("alpha", self.alpha, least=0)
        weights = row_weights(sample_weight, X)
        kept = weights > 0
        X, t, weights = X[kept], t[kept], weights[kept]
        if goes_on:
            self._check_it_can_go_on()
        else:
            self._start(X, labels)
        stopping = None
        if flag("early_stopping", self.early_stopping):
            train, stopping = self._hold_out(X, t, weights)
            X, t, weights = X[train], t[train], weights[train]

        batch_size = min(whole("batch_size", self.batch_size), len(X))
        loss = WeightedLoss(self.network_, alpha) if alpha or sample_weight is not None else None
        trainer = Trainer(self.network_, rule or self._optimizer, loss, batch_size, self._seed)
        if rule is None:
            trainer.optimizer = self._optimizer
        else:
            self._optimizer, self._rule_text = trainer.optimizer, stable_repr(rule)
        trainer.history, trainer.steps = self.history_, self._epochs * (len(X) // batch_size)
        data = Dataset(X, t)
        data.images = X  # a Dataset makes float32 of float64
        hooks, self.n_iter_ = self._optimizer.hooks, 0
        if loss is not None:
            data.labels = np.column_stack([t, weights])
            self._optimizer.hooks = [loss.decay, *hooks]
        try:
            after_epoch = self._note_epoch if stopping is None else (self._note_epoch, stopping)
            trainer.fit(data, epochs=epochs, progress=False, on_epoch=after_epoch)
        finally:
            self._optimizer.hooks = hooks
        if self.history_.divergence:
            if trainer.steps % (len(X) // batch_size):
                self._note_epoch(trainer)
            sentence = f"training {self.history_.divergence}: scale X, or give a smaller lr or weights"
            warnings.warn(sentence, ConvergenceWarning, stacklevel=3)
        if stopping is not None:
            self.network_.restore(stopping.state)
            self.validation_scores_ = [*(self.validation_scores_ or []), *stopping.scores]
            self.best_validation_score_, self.best_loss_ = stopping.best, None

    def _start(self, X: Array, labels: Array) -> None:
        """A new network, and nothing seen yet."""
        self.classes_ = labels
        self._seed = self._new_seed()
        self.network_ = self._network(X, self._seed)
        self._network_text = self._describe_network()
        self.history_ = History()
        self._epochs = self.t_ = 0
        self.loss_curve_ = []
        self.best_loss_ = None
        self.validation_scores_ = None
        self.best_validation_score_ = None

    def _check_it_can_go_on(self) -> None:
        if self.history_.divergence:
            raise InputError(f"the network {self.history_.divergence}, so it cannot go on: fit it without warm_start")
        if changed := [name for name, text in self._describe_network().items() if text != self._network_text[name]]:
            raise InputError(
                f"{changed[0]} was {self._network_text[changed[0]]} when the network was made, and is "
                f"{shown(getattr(self, changed[0]))} now: fit it without warm_start"
            )

    def _hold_out(self, X: Array, t: Array, weights: Array) -> tuple[Array, EarlyStopping]:
        """The numbers of the rows to train on, and a callback that knows the others."""
        part = number("validation_fraction", self.validation_fraction, above=0, below=1)
        tol, patience = number("tol", self.tol, least=0), self.n_iter_no_change
        if patience != math.inf:
            patience = whole("n_iter_no_change", patience)
        train, held = train_test_split(np.arange(len(t)), test_size=part, random_state=self._seed % 2**32, stratify=t)
        best = -math.inf if self.best_validation_score_ is None else self.best_validation_score_
        return train, EarlyStopping(self.network_, X[held], t[held], weights[held], tol, patience, best)

    def _note_epoch(self, trainer: Trainer) -> None:
        """Note an epoch that has ended, by its number of steps or by a divergence."""
        steps = trainer.steps - self._epochs * (trainer.steps_per_epoch or 1)
        self.loss_ = float(np.mean(trainer.history.loss[-steps:]))
        self.loss_curve_.append(self.loss_)
        self.best_loss_ = min(self.loss_curve_)
        self.t_ += steps * trainer.batch_size
        self.n_iter_ += 1
        self._epochs += 1

    def _new_seed(self) -> int:
        if isinstance(self.random_state, int | np.integer):
            return whole("random_state", self.random_state, least=0)
        return int(check_random_state(self.random_state).randint(2**31 - 1))

    def _network(self, X: Array, seed: int) -> Network:
        layer = activation(self.activation) if isinstance(self.activation, str) else self.activation
        init, bias_init = initializer(self.init, ACTIVATIONS), initializer(self.bias_init, ACTIVATIONS)
        widths = (X.shape[1], self.hidden, len(self.classes_))
        normalization = BatchNorm if flag("batch_norm", self.batch_norm) else None
        return mlp(*widths, layer, init, bias_init, seed, X.dtype, normalization, self.dropout, images=X[:ROWS])

    def _describe_network(self) -> dict[str, str]:
        """The arguments that the network was made from, as text."""
        values = {name: getattr(self, name) for name in OF_NETWORK} | {"hidden": list(self.hidden)}
        return {name: stable_repr(value) for name, value in values.items()}
