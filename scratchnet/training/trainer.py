"""The training loop. A file for a training is written by `checkpoint`, which is imported where it is used. Read next:
`targets`."""

import functools
import math
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import numpy as np

from scratchnet.data import Batches, Dataset, fingerprint
from scratchnet.losses import MSE, Loss, SoftmaxCrossEntropy, as_loss, targets
from scratchnet.network import ROWS, Network, as_network
from scratchnet.optimizers import Optimizer, as_optimizer
from scratchnet.spread import Spread, first_not_finite, measure_spread
from scratchnet.support.quiet import no_warnings, quiet
from scratchnet.support.validation import Array, InputError, as_list, finite, flag, labels, seed_number, shown, whole
from scratchnet.training.history import LARGE, History
from scratchnet.training.targets import accuracy, as_number, as_trainable, for_mse, gradient, have_accuracy, mean_loss

Given = ParamSpec("Given")
Result = TypeVar("Result")


OF_TRAINER = ("batch_size", "seed", "criterion")
ELSEWHERE = {name: f"sn.Trainer(net, optimizer, {name}=…)" for name in OF_TRAINER}  # what others give to fit
ELSEWHERE |= {"lr": "sn.Trainer(net, sn.SGD(lr))", "validation_data": "test=(x_test, t_test)", "verbose": "progress=True"}


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


class Trainer:
    """Trains `net` on batches drawn from `seed`, with its own fresh copy of `optimizer`.

    So one SGD(0.1) may serve many trainers. `trainer.net` is `net` itself, not a copy; `trainer.optimizer` is the copy.
    """

    def __init__(
        self,
        net: Network,
        optimizer: Optimizer,
        criterion: Loss | None = None,
        batch_size: int = 100,
        seed: int = 0,
    ) -> None:
        self.net = as_network(net)
        self.optimizer = as_optimizer(optimizer).fresh()
        self.criterion = as_loss(criterion)
        self.batch_size = whole("batch_size", batch_size)
        self.seed = seed_number("seed", seed)
        self.steps = 0
        self.history = History()
        self.data: str | None = None  # a fingerprint of the rows that it was trained on last
        self.loaded = False  # from a file, and not trained since

    @quiet
    def step(self, x: Array, t: Array) -> float:
        """One step of training on the batch (x, t); returns its loss before the update."""
        scores = self.net.forward(x)
        loss = as_number(self.criterion.forward(scores, t))
        if not math.isfinite(loss):  # now, since the update makes every number NaN
            in_loss = type(self.criterion).__name__ if np.isfinite(scores).all() else None
            self.history.diverged_in = first_not_finite(self.net, x) or in_loss
            self._look_for_large("inputs", x)
            self._look_for_large("targets", t)
        self.net.backward(gradient(self.criterion, scores, t))
        self.optimizer.step(self.net.parameters())
        return loss

    @one_pair
    def fit(
        self,
        train: Dataset | tuple[Any, Any],
        steps: int | None = None,
        epochs: int | None = None,
        test: Dataset | tuple[Any, Any] | None = None,
        evaluate_every: int | None = None,
        spread_at: Iterable[int] = (),
        probe: tuple[Array, Array] | None = None,
        progress: bool = True,
        on_step: Callable[[float], object] | None = None,
        checkpoint: str | Path | None = None,
        checkpoint_every: int | None = None,
    ) -> History:
        """Train for `steps`, or for whole `epochs`. A second call goes on where the first stopped.

        `train` is a Dataset or a pair (x, t). t holds class numbers for SoftmaxCrossEntropy, floats (N,) or (N, k) for MSE
        and a network with one or k outputs, and for a loss of your own what its forward takes. So for `test`.

        Accuracies are taken every `evaluate_every` steps (every epoch, by default) and at the end; where t holds no class
        numbers, the loss on the test set is taken. The spread on `probe`
        (by default, the first 1,000 training rows) is measured after the numbers of steps in `spread_at`; 0 means before
        training. Neither changes the training. `on_step` is called with each loss. A loss that is not finite ends the
        training: see `history.diverged_at`.

        `checkpoint` is a file to save the trainer to every `checkpoint_every` steps (every epoch, by default) and at the
        end, unless it diverged. If the training is killed, `sn.load_trainer` goes on from the file, to the same result.
        """
        train = as_trainable("train", train, self.net, self.criterion)
        if test is not None:
            test = as_trainable("test", test, self.net, self.criterion, like=train)
        self._check_rows(train)
        batches = Batches(len(train), self.batch_size, self.seed)
        end = self.steps + batches.count(steps, epochs)
        every = batches.steps_per_epoch if evaluate_every is None else whole("evaluate_every", evaluate_every)
        save_every = self._checkpoint(checkpoint, checkpoint_every, batches.steps_per_epoch)
        spread_at = {
            whole("spread_at", step, least=0)
            for step in as_list("spread_at", spread_at, "a list of numbers of steps", "[0, 100]")
        }
        if probe is None:
            probe = train[:ROWS]
        elif not isinstance(probe, tuple | list) or len(probe) != 2:
            raise InputError(f"probe is a {type(probe).__name__}, but a pair (x, t) is needed, such as train[:1000]")
        else:
            probe = self._check_probe(*probe)
        progress = flag("progress", progress)
        if on_step is not None and not callable(on_step):
            raise InputError(f"on_step is {shown(on_step)}, but a function of the loss is needed, such as print")

        start = self.steps
        with _bar(end - self.steps, progress) as bar, no_warnings():
            while self.history.diverged_at is None:
                done = self.steps
                if done in spread_at and done not in self.history.spreads:
                    self.history.spreads[done] = self.spread(probe)
                if done and (done % every == 0 or done == end):
                    self._evaluate(train, test)
                if checkpoint is not None and done > start and (done % save_every == 0 or done == end):
                    self.save(checkpoint)
                if done >= end:
                    break
                x, t = train[batches[done]]
                loss = self.step(x, t)
                self.steps += 1
                self.history.loss.append(loss)
                if not math.isfinite(loss):
                    self.history.diverged_at = done
                    self._evaluate(train, test)
                bar.update()
                if on_step:
                    on_step(loss)
        return self.history

    def spread(self, probe: tuple[Array, Array]) -> Spread:
        """The spread of the network as it is now, on the batch (x, t), with the optimizer's learning rate."""
        return measure_spread(self.net, *probe, self.optimizer.lr, self.criterion)

    def save(self, path: str | Path) -> Path:
        """Write the trainer to a file that ends in .npz or .safetensors: `sn.load_trainer(path)` goes on from there.

        The file is written whole, or not at all. Anything that could not go on as before, such as a learning rate that is
        a lambda, is an InputError. The training rows are not in the file.
        """
        from scratchnet.checkpoint import write_trainer
        from scratchnet.support.array_file import check_suffix

        path = check_suffix(path)
        if type(self) is not Trainer:
            raise InputError(
                f"{type(self).__name__} is a Trainer of your own, which cannot be saved: write trainer.net.save(path)"
            )
        write_trainer(self, path)
        return path

    def _check_probe(self, x: Any, t: Any) -> tuple[Array, Array]:
        x = finite("the probe's x", self.net.as_rows(x))
        outputs = self.net.check_rows(x)
        if isinstance(self.criterion, SoftmaxCrossEntropy):
            return x, labels(t, len(x), outputs)
        t = targets(t, len(x))
        return x, for_mse("probe", t, outputs) if isinstance(self.criterion, MSE) else t

    def _check_rows(self, train: Dataset) -> None:
        """Note which rows these are. After loading, they must be those of before."""
        given = fingerprint(train)
        if self.loaded and self.data is not None and given != self.data:
            raise InputError(
                f"train has {given}, but the trainer was saved after training on {self.data}: give the same rows, or for "
                "others make a new sn.Trainer(trainer.net, …)"
            )
        self.data, self.loaded = given, False

    def _checkpoint(self, path: str | Path | None, every: int | None, by_default: int) -> int:
        """After how many steps to save. Raises InputError if the file cannot be written, or holds a longer training."""
        if path is None:
            if every is not None:
                raise InputError(
                    f"checkpoint_every is {every!r}, but there is no checkpoint: write checkpoint='training.npz' too"
                )
            return 0
        from scratchnet.checkpoint import describe_trainer, steps_in
        from scratchnet.support.array_file import check_suffix

        path = check_suffix(path)
        if not path.parent.is_dir():
            raise InputError(f"there is no folder {path.parent} for the checkpoint {path.name}: make it first")
        if path.exists() and (steps := steps_in(path)) > self.steps:
            raise InputError(
                f"{path} holds a training of {steps} steps already, and this one has made {self.steps}: go on with "
                f"sn.load_trainer({path.name!r}), or remove the file"
            )
        describe_trainer(self)
        return by_default if every is None else whole("checkpoint_every", every)

    def _evaluate(self, train: Dataset, test: Dataset | None) -> None:
        history = self.history
        if history.evaluated_at and history.evaluated_at[-1] == self.steps:
            return
        outputs = self.net.check_rows(train[:2][0])
        measured: dict[str, float | None] = dict.fromkeys(("train_accuracy", "test_accuracy", "test_loss"))
        if have_accuracy(train, outputs) and (test is None or have_accuracy(test, outputs)):
            rows = min(len(train), 10_000 if test is None else len(test))
            measured["train_accuracy"] = accuracy(self.net, train, rows)
            measured["test_accuracy"] = None if test is None else accuracy(self.net, test, len(test))
        elif test is not None:
            measured["test_loss"] = mean_loss(self.net, self.criterion, test)
        history.add_moment(self.steps, **measured)

    def _look_for_large(self, name: str, values: Array) -> None:
        """Where a training diverges: are its inputs or its targets so large that no learning rate suits them?"""
        greatest = float(np.abs(values).max())
        if np.asarray(values).dtype.kind == "f" and greatest > LARGE:
            self.history.remedy = f"the {name} reach {greatest:.4g}, so bring them to a std of about 1 first"


def load_trainer(
    path: str | Path, layers: Mapping[str, Any] | None = None, optimizers: Mapping[str, Any] | None = None
) -> Trainer:
    """The trainer that `trainer.save(path)` or `fit(checkpoint=path)` wrote. Its next steps are the same to the last bit.

    `fit` then wants the same training rows as before; a fingerprint of them is in the file. `layers` are the classes of
    your own layers by name, and `optimizers` those of your own optimizers, schedules, hooks and losses. To make 2,000 steps,
    though it may be killed:

        path = Path("training.npz")
        trainer = sn.load_trainer(path) if path.exists() else sn.Trainer(net, sn.Adam())
        trainer.fit(train, steps=2000 - trainer.steps, checkpoint=path, checkpoint_every=500)
    """
    from scratchnet.checkpoint import read_trainer

    trainer: Trainer = read_trainer(path, layers, optimizers, Trainer)
    trainer.loaded = True
    return trainer


def _bar(steps: int, wanted: bool) -> Any:
    from tqdm.auto import tqdm

    # disable=None: on a terminal only
    return tqdm(total=steps, unit="step", leave=False, disable=None if wanted else True)
