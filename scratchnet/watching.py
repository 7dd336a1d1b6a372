"""`sn.watch`: one line in a reader's own training loop, in NumPy or PyTorch, gives the spread of its network.

watch = sn.watch(lr=0.1, classes=10)
for step in range(1000):
    …
    watch(loss=loss, h1=h1, h2=h2, dh1=dh1, dh2=dh2, W1=W1, W2=W2, dW1=dW1, dW2=dW2)
print(watch)
watch.save("runs/mine")
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from scratchnet.adapters.slots import is_gradient_name
from scratchnet.spread import Spread
from scratchnet.spread.arrays import as_numpy, loss_number
from scratchnet.support.tables import Table, short
from scratchnet.support.validation import InputError, a_path, number, whole

WEIGHT_NAMES = ("w", "weight", "weights", "kernel", "theta")
MOST_SHOWN = 3  # moments in a figure


def watch(
    *,
    every: int = 100,
    lr: float = 0.01,
    classes: int | None = None,
    bounds: Mapping[str, tuple[float, float]] | None = None,
) -> Watch:
    """A watch for a training loop of your own. Call it in each step, after backward and before the update.

    In the first call, and then in each `every`-th, it measures the spread, and returns it; in the others it notes the loss
    alone and returns None. `lr` is the learning rate of update_ratio, `classes` the number of classes if the loss is softmax
    cross-entropy, and `bounds` the range of activations that can saturate: {"h1": (-1, 1)}. See `Watch` for the names.
    """
    return Watch(every, lr, classes, bounds)


class Watch:
    """What `sn.watch` has seen: `spreads` by step, and `losses`. It prints as the last table, with the words for each step.

    In a call `watch(loss=loss, h1=h1, dh1=dh1, W1=W1, dW1=dW1)` the names say what an array is:

    h1, relu2, …   an activation (N, D) or (N, H, W, C), in the order of forward
    W1, weight2    a weight: a name that starts with W or weight, kernel, theta; or an nn.Parameter of PyTorch
    dh1, grad_W1   the gradient of what has the rest of the name, in its shape; also h1_grad
    loss           the loss of this step, a number
    weights={…}    weights with other names, and gradients={…} such gradients

    A tensor of PyTorch brings its own gradient, if it has one: parameters after loss.backward(), and activations after
    h1.retain_grad(). An array with NaN or infinity ends the record: `diverged` says at which step, and which array it was.
    """

    def __init__(self, every: int, lr: float, classes: int | None, bounds: Mapping[str, tuple[float, float]] | None) -> None:
        self.every, self.lr, self.bounds = whole("every", every), number("lr", lr, least=0), dict(bounds or {})
        self.classes = None if classes is None else whole("classes", classes, least=2)
        self.steps = 0
        self.spreads: dict[int, Spread] = {}
        self.losses: list[float] = []
        self.diverged: str | None = None

    def __call__(
        self,
        *,
        loss: Any = None,
        weights: Any = None,
        gradients: Any = None,
        **arrays: Any,
    ) -> Spread | None:
        """Note one step; returns the Spread in each `every`-th call, else None."""
        step, self.steps = self.steps, self.steps + 1
        if loss is not None:
            value = loss_number(loss)
            if not isinstance(value, int | float) or isinstance(value, bool):
                raise InputError(f"loss is a {type(value).__name__}, but one number is needed: take the mean over the batch")
            self.losses.append(float(value))
        if step % self.every or self.diverged:
            return None
        outs, ws, grads = sorted_by_name({**arrays}, dict(weights or {}), dict(gradients or {}))
        for name, array in {**outs, **ws, **grads}.items():
            if np.ndim(array) and np.asarray(array).dtype.kind == "f" and not np.isfinite(array).all():
                self.diverged = f"diverged at step {step}: {name} holds NaN or infinity"
                return None
        value = self.losses[-1] if loss is not None and math.isfinite(self.losses[-1]) else None
        own = {name: limits for name, limits in self.bounds.items() if name in outs}
        spread = Spread.measured(outs, grads, ws, bounds=own, loss=value, classes=self.classes, lr=self.lr)
        self.spreads[step] = spread
        return spread

    @property
    def spread(self) -> Spread:
        """The last spread."""
        if not self.spreads:
            raise InputError(
                self.diverged or "nothing has been measured yet: call the watch in the loop, with arrays by name"
            )
        return self.spreads[max(self.spreads)]

    def findings(self) -> list[str]:
        """What is wrong at the last moment that was measured: one sentence for each problem."""
        return self.spread.findings()

    def outlook(self) -> str:
        """One sentence on the last moment that was measured: whether the network will train, and how fast."""
        return self.spread.outlook()

    def table(self) -> Table:
        table = self.spread.table()
        words = [f"{label}: {spread.outlook()}" for label, spread in self.shown().items()]
        return Table(table.header, table.rows, [*table.notes, *words, *([self.diverged] if self.diverged else [])])

    def __repr__(self) -> str:
        end = f"; {self.diverged}" if self.diverged else ""
        return f"<Watch: {self.steps:,} steps, spread measured at {len(self.spreads)} of them{end}>"

    def __str__(self) -> str:
        return str(self.table())

    def _repr_html_(self) -> str:
        return self.table()._repr_html_()

    def shown(self) -> dict[str, Spread]:
        """The first spread, one in the middle and the last, by label."""
        steps = sorted(self.spreads)
        at = np.linspace(0, len(steps) - 1, min(len(steps), MOST_SHOWN)).round().astype(int)
        return {f"step {steps[i]}": self.spreads[steps[i]] for i in at}

    def figures(self) -> dict[str, Any]:
        """Matplotlib's figures by name: spread and activations and, where known, update_ratios and the loss."""
        from scratchnet import plots

        shown = self.shown()
        self.spread.outlook()  # an InputError if there is none
        lists = {label: [spread] for label, spread in shown.items()}
        drawn = {"spread": plots.spread_by_depth(lists, "Spread, as watched")}
        drawn["activations"] = plots.activation_histograms(shown, "Activations, as watched")
        drawn["activations"].supylabel("share of outputs, by step", fontsize=10)
        if any(layer.update_ratio is not None for spread in shown.values() for layer in spread.layers):
            drawn["update_ratios"] = plots.update_ratios(lists, "Steps, as watched")
        if self.classes and len(self.losses) > 1:
            drawn["loss"] = plots.loss_curves({"loss": [self.losses]}, self.classes, "Training loss, as watched")
        return drawn

    def save(self, folder: str | Path) -> list[Path]:
        """Write the figures as PNG, spread.csv of the last moment, and the page watch.html; returns their paths."""
        from scratchnet import plots
        from scratchnet.report.spread_page import write_spread_page

        path, shown = a_path("the folder", folder), self.shown()
        drawn = self.figures()
        path.mkdir(parents=True, exist_ok=True)
        written = [self.spread.save(path / "spread.csv")]
        for name, figure in drawn.items():
            written += plots.save(figure, path / name, svg=False)
        setting = f"{self.steps:,} steps, measured at {len(self.spreads)} of them, lr {short(self.lr)}"
        written.append(write_spread_page("The network as watched", setting, shown, drawn, path / "watch.html"))
        return written


def sorted_by_name(
    arrays: dict[str, Any], weights: dict[str, Any], gradients: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Activations, weights and gradients by name. A gradient has the name of what it belongs to."""
    if not arrays:
        raise InputError("the watch is called without arrays: give the activations by name, watch(h1=h1, h2=h2)")
    outs: dict[str, Any] = {}
    ws, grads = dict(weights), dict(gradients)
    for name, value in arrays.items():
        owner = next((one for one in (*arrays, *weights) if one != name and is_gradient_name(name, one)), None)
        if owner is not None:
            grads[owner] = value
        elif is_weight(name, value):
            ws[name] = value
        else:
            outs[name] = value
    for name, value in {**outs, **ws}.items():
        if name not in grads and (getattr(value, "is_leaf", False) or getattr(value, "retains_grad", False)):
            own = getattr(value, "grad", None)
            if own is not None:
                grads[name] = own
    return tuple({name: as_numpy(value) for name, value in group.items()} for group in (outs, ws, grads))  # type: ignore[return-value]


def is_weight(name: str, value: Any) -> bool:
    """Is it a weight by its name, such as W1, fc2_weight or layer.weight, or a parameter of PyTorch?"""
    words = [word.strip("0123456789") for word in name.lower().replace(".", "_").split("_")]
    return type(value).__name__ == "Parameter" or any(word in WEIGHT_NAMES for word in words)
