"""What a walk through a network has found: the numbers of each layer, their bands, and the notes. Read next: `predict`."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from scratchnet.layers import Layer
from scratchnet.spread import Histogram, LayerSpread, update_ratio
from scratchnet.theory.finite import band
from scratchnet.theory.gradient import LayerRecord
from scratchnet.theory.weights import weight_rms

DIFFER = "single networks differ so much"
WIDE = 0.25  # log variance above which a single network may be far from the mean over networks


def layer_spread(name: str, layer: Layer, record: LayerRecord | None, lr: float) -> LayerSpread:
    """What was found at one layer; little but its name where theory did not reach it."""
    weight = next((key for key, spec in layer.specs.items() if len(spec.shape) > 1), None)
    w_rms = None if weight is None else weight_rms(layer, weight)
    if record is None:
        return LayerSpread(name, w_rms=w_rms)
    step, s = record.step, record.step.out
    dw_rms = None if record.dw_square is None else math.sqrt(max(record.dw_square, 0))
    square = s.within_square + s.between_square
    bands = {
        "std": band(square, s.log_variance_pooled),
        "within_std": band(s.within_square, s.log_variance_within),
        "grad_rms": band(record.grad_square or 0.0, record.grad_log_variance),
    }
    return LayerSpread(
        name,
        mean=float(s.mean.mean()),
        std=math.sqrt(square),
        rms=math.sqrt(float(s.q.mean())),
        within_std=math.sqrt(s.within_square),
        between_std=math.sqrt(s.between_square),
        correlation=s.correlation,
        rank=s.rank(step.excess_squared_cosine),
        dead=step.dead,
        zero=step.zero,
        saturated=step.saturated,
        grad_rms=None if record.grad_square is None else math.sqrt(record.grad_square),
        dw_rms=dw_rms,
        w_rms=w_rms,
        update_ratio=update_ratio(lr, dw_rms, w_rms),
        bands={key: limits for key, limits in bands.items() if limits},
        histogram=None if step.values is None else Histogram.from_values(step.values),
    )


def too_different(records: Mapping[str, LayerRecord]) -> Iterator[str]:
    """From which layer on single networks are far from the mean over networks."""
    for name, record in records.items():
        out = record.step.out
        if max(out.log_variance_pooled, out.log_variance_within, record.grad_log_variance) > WIDE:
            yield differ_note(name)
            return


def differ_note(name: str) -> str:
    return f"from {name} on {DIFFER}, being deep and narrow, that only the mean over many is predicted"


def beyond_dtype(records: Mapping[str, LayerRecord], dtype: Any) -> list[str]:
    """Where the network's own dtype, most often float32, cannot hold the numbers that theory predicts."""
    limits, notes = np.finfo(dtype), []
    least, greatest = float(limits.smallest_subnormal), float(limits.max)
    forward = [(name, float(record.step.out.q.max())) for name, record in records.items()]
    back = [(name, record.grad_square or 0.0) for name, record in reversed([*records.items()])]
    for kind, squares in (("numbers", forward), ("gradients", back)):
        for name, square in squares:
            size = math.sqrt(square)
            if 0 < size < least or size > greatest:
                wrong, found = ("small", "0") if size < least else ("large", "inf or NaN")
                notes.append(f"from {name} on the {kind} are too {wrong} for {limits.dtype}: a measurement finds {found}")
                break
    return notes


def some(names: Sequence[str]) -> str:
    return ", ".join(names[:4]) + (", …" if len(names) > 4 else "")
