"""What `fit` is given: words of other libraries, and functions to call. Read next: `targets`."""

import functools
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from scratchnet.support.validation import InputError, number, shown

Given = ParamSpec("Given")
Result = TypeVar("Result")

OF_TRAINER = ("batch_size", "seed", "criterion")
ELSEWHERE = {name: f"sn.Trainer(net, optimizer, {name}=…)" for name in OF_TRAINER}  # what others give to fit
ELSEWHERE |= {"lr": "sn.Trainer(net, sn.SGD(lr))", "verbose": "progress=True"}
ELSEWHERE |= dict.fromkeys(("validation_data", "validation_split", "val_data"), "validation=(x, t)")
ELSEWHERE |= {"callbacks": "on_epoch=f or on_step=f, where f is a function of the trainer"}


def one_pair(fit: Callable[Given, Result]) -> Callable[Given, Result]:
    """Decorate `fit`: for fit(x, t, …), as other libraries have it, the error says what to write."""

    @functools.wraps(fit)
    def checked(*args: Given.args, **settings: Given.kwargs) -> Result:
        second = args[2] if len(args) > 2 else None
        if {"x", "t", "y", "X"} & settings.keys() or (hasattr(second, "__len__") and not isinstance(second, str)):
            raise InputError("fit takes x and t as one pair: write fit((x, t), epochs=5), with test=(x_test, t_test)")
        for name in sorted(ELSEWHERE.keys() & settings.keys()):
            raise InputError(f"fit takes no {name}: write {ELSEWHERE[name]}")
        return fit(*args, **settings)

    return checked


def as_callbacks(name: str, given: Any) -> list[Callable[[Any], object]]:
    """`given`, one function of the trainer or a list of them, as a list."""
    functions = [] if given is None else list(given) if isinstance(given, list | tuple) else [given]
    for one in functions:
        if isinstance(one, type):
            raise InputError(f"{name} is the class {one.__name__}: write {one.__name__}(…) to make one")
        if not callable(one):
            raise InputError(f"{name} is {shown(one)}, but a function of the trainer is needed, such as print")
    return functions


def call_back(callbacks: list[Callable[[Any], object]], trainer: Any) -> None:
    """Call each with the trainer. Raises InputError if one sets a learning rate that would have no effect."""
    optimizer = trainer.optimizer
    for function in callbacks:
        before = optimizer.lr
        function(trainer)
        if optimizer.lr is before:
            continue
        optimizer.lr = number("trainer.optimizer.lr", optimizer.lr, least=0)
        if optimizer.schedule is not None and optimizer.lr != before:
            raise InputError(
                f"{shown(function)} sets trainer.optimizer.lr, but the schedule {shown(optimizer.schedule)} sets it again "
                "before each step: give the optimizer a number as its lr"
            )
