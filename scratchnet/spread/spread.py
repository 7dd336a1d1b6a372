"""A Spread: the numbers of `values`, with a table, sentences and a file.

A Spread is measured (`measure`) or predicted (`scratchnet.theory`). Both are the same type, so that tables and figures can
show them together. Read next: `overflow`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, Self

from scratchnet.network import Network
from scratchnet.optimizers import Optimizer, as_optimizer
from scratchnet.spread.arrays import loss_number, rows_of_arrays
from scratchnet.spread.diagnosis import findings, outlook
from scratchnet.spread.steps import expected_moves, is_plain, step_of, with_moves
from scratchnet.spread_values.histogram import Histogram
from scratchnet.spread_values.values import Jacobian, LayerSpread, OptimizerStep, SpreadValues, update_ratio
from scratchnet.support.files import as_csv, as_json, write_whole
from scratchnet.support.frames import frame
from scratchnet.support.tables import Table, percent, short
from scratchnet.support.validation import InputError, a_path, number, shown, whole

# For each column of the table its header and how a value is written.
COLUMNS: dict[str, tuple[str, Callable[[float | None], str]]] = {
    "mean": ("mean", short),
    "std": ("std", short),
    "rms": ("rms", short),
    "within_std": ("within", short),
    "between_std": ("between", short),
    "correlation": ("corr.", short),
    "rank": ("rank", short),
    "dead": ("dead", percent),
    "zero": ("zero", percent),
    "saturated": ("saturated", percent),
    "grad_rms": ("rms grad", short),
    "dw_rms": ("rms dW", short),
    "w_rms": ("rms W", short),
    "update_ratio": ("log10 step/W", lambda value: "-" if value is None else f"{value:.1f}"),
}


@dataclass(frozen=True)
class Spread(SpreadValues):
    """The spread of every layer of a network. Prints as a table, with sentences below: what is wrong and what may fix it.

    `spread["ReLU3"]` is one layer; `spread.findings()` and `spread.outlook()` are the sentences;
    `predicted.beside(measured)` is one table of both; `spread.save("spread.csv")` or `.json` writes a file.
    """

    def __post_init__(self) -> None:
        if not isinstance(self.layers, list | tuple) or not all(isinstance(layer, LayerSpread) for layer in self.layers):
            raise InputError(f"layers is {shown(self.layers)}, but a list of LayerSpread is needed")

    @classmethod
    def measured(
        cls,
        activations: Mapping[str, Any],
        gradients: Mapping[str, Any] | None = None,
        weights: Mapping[str, Any] | None = None,
        *,
        weight_gradients: Mapping[str, Any] | None = None,
        bounds: Mapping[str, tuple[float, float]] | None = None,
        loss: float | None = None,
        classes: int | None = None,
        lr: float = 0.01,
    ) -> Self:
        """The spread of arrays from elsewhere, by name: Spread.measured({"h1": h1}, {"h1": dh1, "W1": dW1}, {"W1": W1}).

        activations       {name: (N, D) or (N, H, W, C)} in the order of forward; all have the same N. Images have their
                          channels last
        gradients         {name: ∂loss/∂ that array, in its shape} of activations and of weights
        weights           {name: array}. One with the name of an activation is in the same row of the table, as an Affine's
                          output and W are; the others have rows of their own, each before the activation at its place
        weight_gradients  those of weights that have the name of an activation
        bounds            {name: (-1, 1)}: the range of an activation that can saturate
        loss, classes     the loss, and the number of classes if it is softmax cross-entropy
        lr                the learning rate of update_ratio

        The definitions and the words are those of `measure_spread`. Arrays are of floats, or tensors of PyTorch. Raises
        InputError for any that does not fit.
        """
        rows = rows_of_arrays(
            activations, gradients or {}, weights or {}, weight_gradients or {}, bounds or {}, number("lr", lr, least=0)
        )
        value = None if loss is None else number("loss", loss_number(loss))
        known = any(row.dw_rms is not None for row in rows)
        notes = () if known else ("for step/W the weights and their gradients are needed too",)
        return cls(rows, value, float(lr), None if classes is None else whole("classes", classes, least=2), notes=notes)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        """The Spread of which dataclasses.asdict made `data`, also if `data` went through JSON."""
        layers = []
        for layer in data["layers"]:
            histogram = layer["histogram"]
            if histogram is not None:
                histogram = Histogram(histogram["exponent"], histogram["first"], tuple(histogram["counts"]))
            bands = {name: tuple(limits) for name, limits in layer["bands"].items()}
            layers.append(LayerSpread(**{**layer, "histogram": histogram, "bands": bands}))
        jacobian = data["jacobian"]
        if jacobian is not None:
            jacobian = Jacobian(**{**jacobian, "values": tuple(jacobian["values"])})
        step = None if data.get("step") is None else OptimizerStep(**data["step"])
        return cls(**{**data, "layers": layers, "jacobian": jacobian, "notes": tuple(data["notes"]), "step": step})

    def with_lr(self, lr: float) -> Self:
        """The same spread with the steps of plain SGD at another learning rate."""
        lr = number("lr", lr, least=0)
        layers = [replace(layer, update_ratio=update_ratio(lr, layer.dw_rms, layer.w_rms)) for layer in self.layers]
        return replace(self, layers=layers, lr=lr, step=None)

    def with_optimizer(self, optimizer: Optimizer, net: Network) -> Self:
        """The same spread of `net` with the first steps of another optimizer, from the rms of weights and gradients.

        Normal numbers of this rms stand for them. So ClipNorm, which looks at the biases' gradients too, is not exact.
        """
        optimizer = as_optimizer(optimizer).fresh()
        if is_plain(optimizer):
            return self.with_lr(optimizer.lr)
        weights = {
            layer_name: (name, spec.shape)
            for layer_name, layer in net.walk()
            for name, spec in list(layer.specs.items())[::-1]  # so that the first weight of a layer stays
            if len(spec.shape) > 1
        }
        notes = self.notes
        try:
            moves = expected_moves(optimizer, self.layers, weights)
        except Exception as error:  # of an optimizer of the reader's own
            moves, notes = {}, (*notes, f"step/W is not predicted for {optimizer}: {type(error).__name__}: {error}")
        layers = with_moves(self.layers, moves)
        return replace(self, layers=layers, lr=float(optimizer.lr), notes=notes, step=step_of(optimizer))

    def __getitem__(self, name: str) -> LayerSpread:
        for layer in self.layers:
            if layer.name == name:
                return layer
        raise KeyError(f"no layer {name!r}; there are {', '.join(layer.name for layer in self.layers)}")

    def findings(self) -> list[str]:
        """What is wrong with the network, and what may fix it: one sentence for each problem."""
        return findings(self)

    def outlook(self) -> str:
        """One sentence: whether the network will train, how fast, and which layer is the slowest."""
        return outlook(self)

    def table(self) -> Table:
        names = [name for name in COLUMNS if any(getattr(layer, name) is not None for layer in self.layers)]
        header = ["layer", *(COLUMNS[name][0] for name in names)]
        rows = [[layer.name, *(COLUMNS[name][1](getattr(layer, name)) for name in names)] for layer in self.layers]
        if any("std" in layer.bands for layer in self.layers):
            at = names.index("std") + 2
            header.insert(at, "95 % of networks")
            for row, layer in zip(rows, self.layers, strict=True):
                limits = layer.bands.get("std")
                row.insert(at, "-" if limits is None else f"{short(limits[0], 2)} to {short(limits[1], 2)}")
        return Table(header, rows, [*self.facts(), *self.notes, *self.findings()])

    def facts(self) -> list[str]:
        """The numbers of the whole network, in words."""
        facts = []
        if self.first_loss is not None:
            facts.append(f"first loss {short(self.first_loss, 4)}{self.guess()}")
        if self.jacobian is not None:
            parts = {"largest": self.jacobian.largest, "median": self.jacobian.median, "rms": self.jacobian.rms}
            known = ", ".join(f"{name} {short(value)}" for name, value in parts.items() if value is not None)
            facts.append(f"singular values of ∂scores/∂input: {known}")
        return facts

    def guess(self) -> str:
        step = f";  step/W is lr · rms(dW) / rms(W) at lr {short(self.lr)}"
        if self.step is not None:
            next_step = f"in its next step at lr {short(self.lr)}"
            step = f";  step/W is the rms of what {self.step.optimizer} moves {next_step} over rms(W)"
            if self.step.settled != 1:
                step += f"; after its first steps it moves up to {short(self.step.settled)} times as far"
        return step if self.classes is None else f", where ln {self.classes} = {math.log(self.classes):.3f} is a guess{step}"

    def beside(self, other: Spread) -> Table:
        """Two spreads of one network in one table: this one's values, and the other's in brackets."""
        if not isinstance(other, Spread) or [layer.name for layer in other.layers] != [layer.name for layer in self.layers]:
            raise InputError("other is not a Spread of the same layers: give two spreads of one network")
        names = [n for n in COLUMNS if n not in ("mean", "rms", "between_std", "zero")]
        names = [n for n in names if any(getattr(layer, n) is not None for layer in [*self.layers, *other.layers])]
        rows = []
        for mine, theirs in zip(self.layers, other.layers, strict=True):
            cells = []
            for name in names:
                write = COLUMNS[name][1]
                pair = getattr(mine, name), getattr(theirs, name)
                cells.append("-" if pair == (None, None) else f"{write(pair[0])} ({write(pair[1])})")
            rows.append([mine.name, *cells])
        kinds = ["predicted" if spread.predicted else "measured" for spread in (self, other)]
        notes = [f"{kinds[0]}, and {kinds[1]} in brackets"]
        if self.first_loss is not None or other.first_loss is not None:
            notes.append(f"first loss {short(self.first_loss, 4)} ({short(other.first_loss, 4)}){self.guess()}")
        notes += dict.fromkeys([*self.notes, *other.notes])
        return Table(["layer", *(COLUMNS[name][0] for name in names)], rows, notes)

    def __repr__(self) -> str:
        kind = "predicted" if self.predicted else "measured"
        loss = "" if self.first_loss is None else f", first loss {short(self.first_loss, 4)}"
        return f"<Spread: {len(self.layers)} layers, {kind}{loss}>\nThe network {self.outlook()}"

    def __str__(self) -> str:
        return str(self.table())

    def _repr_html_(self) -> str:
        return self.table()._repr_html_()

    def as_rows(self) -> list[dict[str, Any]]:
        """One dictionary per layer, without the histograms; the bands as std_low, std_high and so on."""
        names = [f.name for f in fields(LayerSpread) if f.name not in ("histogram", "bands")]
        rows = []
        for layer in self.layers:
            row = {name: getattr(layer, name) for name in names}
            for name in ("std", "within_std", "grad_rms"):
                row[f"{name}_low"], row[f"{name}_high"] = layer.bands.get(name, (None, None))
            rows.append(row)
        return rows

    def to_frame(self) -> Any:
        """The rows of `as_rows` as a pandas DataFrame. pandas is the extra `pandas`."""
        return frame(self.as_rows())

    def plot(self, predicted: Spread | None = None) -> Any:
        """The spread by depth as Matplotlib's Figure; with a prediction for the same network, that is drawn over it."""
        from scratchnet.plots import spread_by_depth

        if predicted is not None and not isinstance(predicted, Spread):
            raise InputError(f"predicted is {shown(predicted)}, but a Spread is needed, from sn.predict_spread")
        if self.predicted:
            return spread_by_depth({"predicted": [self]}, "Spread, predicted", None, {"predicted": self})
        drawn_over = None if predicted is None else {"measured": predicted}
        return spread_by_depth({"measured": [self]}, "Spread, measured", None, drawn_over)

    def save(self, path: str | Path) -> Path:
        """Write a file that ends in .csv (one row per layer) or .json (everything, also histograms); return its path."""
        path = a_path("the file", path)
        if path.suffix not in (".csv", ".json"):
            raise InputError(f"the file is {str(path)!r}, but a name that ends in .csv or .json is needed")
        content = as_csv(self.as_rows()) if path.suffix == ".csv" else as_json(asdict(self)) + "\n"
        write_whole(path, content)
        return path
