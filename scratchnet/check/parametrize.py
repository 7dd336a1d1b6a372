"""The same checks as a pytest parametrization: one test for each subject and check.

@sn.parametrize_with_checks([(MyLayer(7, 3), (4, 7)), sn.Tanh, MyInit(), MyOptimizer()])
def test_mine(check):
    check()
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from scratchnet.check import KINDS
from scratchnet.check.initializer import INITIALIZER_CHECKS, check_initializer
from scratchnet.check.layer import ACTIVATION_CHECKS, LAYER_CHECKS, check_activation, check_layer
from scratchnet.check.loss import LOSS_CHECKS, check_loss
from scratchnet.check.optimizer import OPTIMIZER_CHECKS, check_optimizer
from scratchnet.check.readers_code import kind_of
from scratchnet.check.report import Report
from scratchnet.check.train_step import TRAINING_CHECKS, check_training
from scratchnet.support.validation import InputError

# For each kind the function that checks it, and its checks by name; a layer without an in_shape is an activation here.
TABLES: dict[str, tuple[Callable[..., Report], Mapping[str, Any]]] = {
    "layer": (check_activation, ACTIVATION_CHECKS),
    "activation": (check_activation, ACTIVATION_CHECKS),
    "loss": (check_loss, LOSS_CHECKS),
    "optimizer": (check_optimizer, OPTIMIZER_CHECKS),
    "initializer": (check_initializer, INITIALIZER_CHECKS),
    "training": (check_training, TRAINING_CHECKS),
}


def check(
    subject: Any,
    in_shape: tuple[int, ...] | None = None,
    kind: str | None = None,
    expected_failures: Mapping[str, str] | None = None,
) -> Report:
    """The report on anything that can be checked. A layer needs an in_shape; without one it is checked as an activation."""
    kind = kind_of(subject) if kind is None else kind
    if kind not in KINDS:
        raise InputError(f"kind is {kind!r}, but there are {', '.join(KINDS)}")
    if kind == "layer" and in_shape is not None:
        return check_layer(subject, in_shape, expected_failures=expected_failures)
    if kind == "training":
        return check_training(subject, in_shape, expected_failures=expected_failures)
    return TABLES[kind][0](subject, expected_failures=expected_failures)


def parametrize_with_checks(
    subjects: Iterable[Any], expected_failures: Callable[[Any], Mapping[str, str]] | None = None
) -> Any:
    """A decorator for a test that takes `check` and calls it: it runs once for each subject and check.

    A subject is a layer with the shape of its batch, (layer, in_shape), or an activation, loss, optimizer or initializer,
    or a step of training.
    `expected_failures(subject)` says which checks may fail, and why: those are marked as expected. A check that has nothing
    to compare a subject with passes.
    """
    import pytest

    cases = []
    for given in subjects:
        subject, in_shape = given if isinstance(given, tuple) else (given, None)
        expected = dict(expected_failures(subject)) if expected_failures else {}
        report = functools.cache(functools.partial(check, subject, in_shape))
        kind = kind_of(subject)
        names = LAYER_CHECKS if in_shape is not None and kind == "layer" else TABLES[kind][1]
        for name in names:
            marks = [pytest.mark.xfail(reason=expected[name], strict=True)] if name in expected else []
            label = subject.__name__ if hasattr(subject, "__name__") else repr(subject)
            test = functools.partial(_raise_if_wrong, report, name)
            cases.append(pytest.param(test, id=f"{label.splitlines()[0]}-{name}", marks=marks))
    return pytest.mark.parametrize("check", cases)


def _raise_if_wrong(report: Callable[[], Report], name: str) -> None:
    found = report()
    if name in found.not_compared:
        return
    if not any(finding.check == name for finding in found.findings):
        import pytest

        pytest.skip("it does not run, since another check that it needs is wrong")
    Report(found.subject, tuple(finding for finding in found.findings if finding.check == name)).raise_if_wrong()
