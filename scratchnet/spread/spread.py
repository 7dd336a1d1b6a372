"""A Spread: the numbers of `values` with a table, words and a file. Read next: `measure`, which finds one.

A Spread is measured (`measure`) or predicted (`theory`). Both are one type, so one can be laid over the other without
conversion.
"""

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from scratchnet.spread.diagnosis import findings, outlook
from scratchnet.spread.values import LayerSpread, SpreadValues
from scratchnet.support.files import as_csv, as_json, write_whole
from scratchnet.support.tables import Table, percent, short
from scratchnet.support.validation import InputError, a_path

# What the columns of the table are called, and how a value is written.
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
    """The spread of every layer of a network. Prints as a table, and below in words what is wrong and what may mend it.

    `spread["ReLU3"]` is one layer; `spread.findings()` and `spread.outlook()` are the words; `predicted.beside(measured)` is
    one table of two; `spread.save("spread.csv")` or `.json` keeps it.
    """

    def __getitem__(self, name: str) -> LayerSpread:
        for layer in self.layers:
            if layer.name == name:
                return layer
        raise KeyError(f"no layer {name!r}; there are {', '.join(layer.name for layer in self.layers)}")

    def findings(self) -> list[str]:
        """What is wrong with the network, and what may mend it: a sentence each."""
        return findings(self)

    def outlook(self) -> str:
        """Will it train, how fast, and which layer is the slowest? One sentence."""
        return outlook(self)

    def table(self) -> Table:
        shown = [name for name in COLUMNS if any(getattr(layer, name) is not None for layer in self.layers)]
        header = ["layer", *(COLUMNS[name][0] for name in shown)]
        rows = [[layer.name, *(COLUMNS[name][1](getattr(layer, name)) for name in shown)] for layer in self.layers]
        if any("std" in layer.bands for layer in self.layers):
            at = shown.index("std") + 2
            header.insert(at, "95 % of networks")
            for row, layer in zip(rows, self.layers, strict=True):
                low_high = layer.bands.get("std")
                row.insert(at, "-" if low_high is None else f"{short(low_high[0], 2)} to {short(low_high[1], 2)}")
        return Table(header, rows, [*self.facts(), *self.notes, *self.findings()])

    def facts(self) -> list[str]:
        """What is known of the whole network, in words."""
        facts = []
        if self.first_loss is not None:
            facts.append(f"first loss {self.first_loss:.4g}{self.guess()}")
        if self.jacobian is not None:
            parts = {"largest": self.jacobian.largest, "median": self.jacobian.median, "rms": self.jacobian.rms}
            known = ", ".join(f"{name} {short(value)}" for name, value in parts.items() if value is not None)
            facts.append(f"singular values of ∂scores/∂input: {known}")
        return facts

    def guess(self) -> str:
        step = f";  step/W is lr · rms(dW) / rms(W) at lr {self.lr:g}"
        return step if self.classes is None else f", where ln {self.classes} = {math.log(self.classes):.3f} is a guess{step}"

    def beside(self, other: "Spread") -> Table:
        """Two spreads of one network in one table, this one's values first and the other's in brackets."""
        if not isinstance(other, Spread) or [one.name for one in other.layers] != [one.name for one in self.layers]:
            raise InputError("the other is no Spread of the same layers: give both of one network")
        names = [n for n in COLUMNS if n not in ("mean", "rms", "between_std", "zero")]
        names = [n for n in names if any(getattr(layer, n) is not None for layer in [*self.layers, *other.layers])]
        rows = []
        for one, two in zip(self.layers, other.layers, strict=True):
            cells = []
            for name in names:
                write = COLUMNS[name][1]
                pair = getattr(one, name), getattr(two, name)
                cells.append("-" if pair == (None, None) else f"{write(pair[0])} ({write(pair[1])})")
            rows.append([one.name, *cells])
        kinds = ["predicted" if spread.predicted else "measured" for spread in (self, other)]
        notes = [f"{kinds[0]}, and {kinds[1]} in brackets"]
        if self.first_loss is not None or other.first_loss is not None:
            notes.append(f"first loss {short(self.first_loss, 4)} ({short(other.first_loss, 4)}){self.guess()}")
        notes += dict.fromkeys([*self.notes, *other.notes])
        return Table(["layer", *(COLUMNS[name][0] for name in names)], rows, notes)

    def __str__(self) -> str:
        return str(self.table())

    def _repr_html_(self) -> str:
        return self.table()._repr_html_()

    def as_rows(self) -> list[dict[str, Any]]:
        """A dictionary a layer, without the histograms; the bands as std_low, std_high and so on."""
        names = [f.name for f in fields(LayerSpread) if f.name not in ("histogram", "bands")]
        rows = []
        for layer in self.layers:
            row = {name: getattr(layer, name) for name in names}
            for name in ("std", "within_std", "grad_rms"):
                row[f"{name}_low"], row[f"{name}_high"] = layer.bands.get(name, (None, None))
            rows.append(row)
        return rows

    def save(self, path: str | Path) -> Path:
        """Write it whole to a file that ends in .csv (a row a layer) or .json (all of it, histograms too)."""
        path = a_path("the file", path)
        if path.suffix not in (".csv", ".json"):
            raise InputError(f"the file is {str(path)!r}, but a name that ends in .csv or .json is needed")
        content = as_csv(self.as_rows()) if path.suffix == ".csv" else as_json(asdict(self)) + "\n"
        write_whole(path, content)
        return path
