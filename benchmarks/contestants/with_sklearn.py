"""scikit-learn: MLPClassifier.partial_fit, one call a step. It has ReLU, softmax, SGD with momentum and Adam."""

from typing import Any

import numpy as np
from sklearn.neural_network import MLPClassifier
from workloads import CLASSES, Train, Workload


def build(workload: Workload) -> Train:
    data = workload.data()
    batches = workload.batches()
    net = MLPClassifier(
        tuple(workload.widths[1:-1]),
        activation="relu",
        solver="adam" if workload.optimizer == "Adam" else "sgd",
        alpha=0.0,
        batch_size=workload.batch,
        learning_rate_init=workload.lr,
        momentum=0.9 if workload.optimizer == "Momentum" else 0.0,
        nesterovs_momentum=False,
        shuffle=False,
        random_state=0,
    )
    start_alike(net, workload, *data[batches[0]])

    def step(i: int) -> float:
        net.partial_fit(*data[batches[i]])
        return float(net.loss_)

    return lambda steps: [step(i) for i in steps]


def start_alike(net: Any, workload: Workload, x: Any, t: Any) -> None:
    """It takes no weights, so they are put in after a first step, whose gradient is left behind in momentum and Adam."""
    net.partial_fit(x, t, classes=np.arange(CLASSES))
    for place, (_, w, _) in enumerate(workload.network().parameters()):
        kept = net.intercepts_ if place % 2 else net.coefs_
        kept[place // 2][...] = w
