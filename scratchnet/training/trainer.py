"""The training loop. A file for a training is written by `checkpoint`, which is imported where it is used. Read next:
`arguments`."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from scratchnet.data import Batches, Dataset, fingerprint
from scratchnet.losses import MSE, Loss, SoftmaxCrossEntropy, as_loss, targets
from scratchnet.network import ROWS, Network, as_network
from scratchnet.optimizers import Optimizer, as_optimizer
from scratchnet.spread import Spread, first_not_finite, measure_spread
from scratchnet.support.progress import bar
from scratchnet.support.quiet import no_warnings, quiet
from scratchnet.support.tables import short
from scratchnet.support.validation import Array, InputError, as_list, finite, flag, labels, seed_number, whole
from scratchnet.training.arguments import as_callbacks, call_back, one_pair
from scratchnet.training.evaluation import evaluate
from scratchnet.training.history import LARGE, History
from scratchnet.training.targets import as_number, as_trainable, for_mse, gradient, refuse_a_table

Callback = Callable[["Trainer"], object]


class Trainer:
    """Trains `net` on batches drawn from `seed`, with its own fresh copy of `optimizer`.

    So one SGD(0.1) may serve many trainers. `trainer.net` is `net` itself, not a copy; `trainer.optimizer` is the copy.

    steps    the number of steps made
    epoch    the number of whole epochs made
    loss     of the last step's batch; NaN before the first step
    history  all losses, and what was evaluated
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
        self.stopping = False
        self.steps_per_epoch: int | None = None  # known from the first `fit` on

    @property
    def epoch(self) -> int:
        if self.steps_per_epoch is None and self.steps:
            raise InputError("the trainer has seen no rows since it was loaded, so it knows no epochs: call fit first")
        return self.steps // (self.steps_per_epoch or 1)

    @property
    def loss(self) -> float:
        return self.history.loss[-1] if self.history.loss else math.nan

    def stop(self) -> None:
        """End the `fit` that is running, after the present step. A later `fit` goes on from there."""
        self.stopping = True

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
        on_step: Callback | Sequence[Callback] | None = None,
        checkpoint: str | Path | None = None,
        checkpoint_every: int | None = None,
        validation: Dataset | tuple[Any, Any] | None = None,
        on_epoch: Callback | Sequence[Callback] | None = None,
    ) -> History:
        """Train for `steps`, or for whole `epochs`. A second call goes on where the first stopped.

        `train` is a Dataset or a pair (x, t). t holds class numbers for SoftmaxCrossEntropy, floats (N,) or (N, k) for MSE
        and a network with one or k outputs, and for a loss of your own what its forward takes. So for `test`.

        Without `validation`, `test` and `evaluate_every` nothing is evaluated. Otherwise the loss is taken in evaluation
        every `evaluate_every` steps (every epoch, by default) and at the end, on all rows of `validation` and `test` and on
        as many training rows; with `evaluate_every` alone, on the first 10,000 training rows. Where t holds class numbers,
        so is the accuracy. `history` holds these numbers. The spread on `probe` (by default, the first 1,000 training rows)
        is measured after the numbers of steps in `spread_at`; 0 means before training. None of this changes the training.

        `on_step` is a function that is called with the trainer after each step, or a list of such functions; `on_epoch` is
        called after each epoch. What was evaluated at that step is in `trainer.history` then. A callback may end the
        training by `trainer.stop()`, and may set `trainer.optimizer.lr`. An exception in it ends `fit` as it is; the next
        `fit` goes on after the last step. A loss that is not finite ends the training: see `history.diverged_at`.

        `checkpoint` is a file to save the trainer to every `checkpoint_every` steps (every epoch, by default) and at the
        end, unless it diverged. If the training is killed, `sn.load_trainer` goes on from the file, to the same result.
        """
        train = as_trainable("train", train, self.net, self.criterion)
        refuse_a_table(self.criterion, train.labels, self.net.check_rows(train[:2][0]), self.batch_size)
        given = {"validation": validation, "test": test}
        sets = {
            name: as_trainable(name, one, self.net, self.criterion, like=train)
            for name, one in given.items()
            if one is not None
        }
        self._check_rows(train)
        batches = Batches(len(train), self.batch_size, self.seed)
        self.steps_per_epoch = batches.steps_per_epoch
        end = self.steps + batches.count(steps, epochs)
        every = batches.steps_per_epoch if evaluate_every is None else whole("evaluate_every", evaluate_every)
        evaluated = _evaluated(train, sets) if sets or evaluate_every is not None else {}
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
        after_step, after_epoch = as_callbacks("on_step", on_step), as_callbacks("on_epoch", on_epoch)

        self.stopping = False
        with bar(end - self.steps, progress, leave=False) as shown, no_warnings():
            if self.history.diverged_at is None:
                self._measure_spread(spread_at, probe)
            while self.steps < end and self.history.diverged_at is None and not self.stopping:
                x, t = train[batches[self.steps]]
                loss = self.step(x, t)
                self.steps += 1
                self.history.loss.append(loss)
                ends = self.steps == end
                if math.isfinite(loss):
                    self._measure_spread(spread_at, probe)
                else:
                    self.history.diverged_at = self.steps - 1
                    ends = True
                if ends or self.steps % every == 0:
                    self._evaluate(evaluated)
                shown.update()
                call_back(after_step, self)
                if self.steps % batches.steps_per_epoch == 0:
                    call_back(after_epoch, self)
                if self.stopping:
                    self._evaluate(evaluated)
                    ends = True
                if checkpoint is not None and (ends or self.steps % save_every == 0) and self.history.diverged_at is None:
                    self.save(checkpoint)
        return self.history

    def _measure_spread(self, at: set[int], probe: tuple[Array, Array]) -> None:
        if self.steps in at and self.steps not in self.history.spreads:
            self.history.spreads[self.steps] = self.spread(probe)

    def __repr__(self) -> str:
        kind = type(self.criterion).__name__
        return f"<Trainer: {self.optimizer}, {kind}, batches of {self.batch_size}, step {self.steps:,}>"

    def spread(self, probe: tuple[Array, Array]) -> Spread:
        """The spread of the network as it is now, on the batch (x, t), with the next step that the optimizer would make."""
        return measure_spread(self.net, *probe, criterion=self.criterion, optimizer=self.optimizer)

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

    def _evaluate(self, sets: Mapping[str, tuple[Dataset, int]]) -> None:
        if sets and self.history.evaluated_at[-1:] != [self.steps]:
            self.history.add_moment(self.steps, **evaluate(self.net, self.criterion, sets, self.batch_size))

    def _look_for_large(self, name: str, values: Array) -> None:
        """Where a training diverges: are its inputs or its targets so large that no learning rate suits them?"""
        greatest = float(np.abs(values).max())
        if np.asarray(values).dtype.kind == "f" and greatest > LARGE:
            self.history.remedy = f"the {name} reach {short(greatest, 4)}, so bring them to a std of about 1 first"


def _evaluated(train: Dataset, sets: Mapping[str, Dataset]) -> dict[str, tuple[Dataset, int]]:
    """The sets that are evaluated, by name, each with the number of its rows to take."""
    most = max(map(len, sets.values()), default=10_000)
    return {"train": (train, min(len(train), most))} | {name: (data, len(data)) for name, data in sets.items()}


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
