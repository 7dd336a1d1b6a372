"""Which arrays of a reader's object are its parameters? It is called on a small random batch. Read next: `layer`."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from scratchnet.adapters.calls import Calls, find_backward, find_forward, is_out, required
from scratchnet.adapters.slots import Pair, Slot, copied, find_pairs, kind_name, parameter_groups
from scratchnet.support.validation import Array, InputError

Shape = tuple[int, ...]


def probe(inner: Any, in_shape: Any, given: Mapping[str, str], arrays: int, strict: bool) -> tuple[list[Pair], Calls]:
    """Call a copy of the object, and find its parameters."""
    rng, name = np.random.default_rng(0), kind_name(inner)
    error: BaseException | None = None
    for shape in [tuple(in_shape)] if in_shape is not None else list(likely_shapes(inner)):
        shapes = shape if isinstance(shape[0], tuple | list) else [shape] * arrays
        xs, thing = tuple(rng.standard_normal(one) for one in shapes), copied(inner)
        try:
            with np.errstate(all="ignore"):
                calls, out, cache = find_forward(thing, tuple(x.copy() for x in xs))
        except NotImplementedError:
            raise
        except Exception as raised:
            error = raised
            continue
        if not is_out(out, xs):
            continue
        break
    else:
        if not strict:
            return unread_pairs(inner), Calls(takes_cache=len(required(inner.backward)) == 2)
        why = f": {type(error).__name__}: {error}" if error and in_shape is not None else ""
        given_shape = in_shape is not None
        asked = f"takes no batch of shape {tuple(in_shape)}{why}" if given_shape else "takes none of the usual batches"
        raise InputError(f"{name}.forward {asked}: give the shape of a batch, as in sn.adapt(layer, in_shape=(4, 7))")
    dout = rng.standard_normal(out.shape)
    try:
        with np.errstate(all="ignore"):
            calls, changed, returned = find_backward(thing, calls, xs, dout, cache)
    except NotImplementedError:
        raise
    except Exception as raised:
        if not strict:
            return unread_pairs(inner), calls
        raise InputError(f"{name}.backward raises {type(raised).__name__}: {raised}") from raised
    groups = parameter_groups(inner)
    is_read = {group[0]: reads(inner, calls, xs, group) for group in groups}
    extra = [returned[i] for i in calls.returned_places] if isinstance(returned, tuple) else []
    dx_slot = Slot(calls.dx_attribute) if calls.dx_attribute else None
    pairs = find_pairs(inner, thing, groups, [one for one in changed if one != dx_slot], extra, is_read, given)
    if strict:
        if returned is None and calls.dx_attribute is None:
            raise InputError(f"{name}.backward returns None, and sets no array of the shape of x: return dx")
        for pair in pairs:
            if pair.gradient is None:
                raise InputError(
                    f"{name}.forward reads {pair.name}, but backward leaves no gradient of its shape "
                    f"{pair.slots[0].get(inner).shape}: set self.d{pair.name}, or make it a tuple if it is no parameter"
                )
    return pairs, calls


def unread_pairs(inner: Any) -> list[Pair]:
    """Where a pass fails nothing is known: no parameters."""
    return []


def reads(inner: Any, calls: Calls, xs: tuple[Array, ...], group: tuple[Slot, ...]) -> bool:
    """Does the output depend on this array?"""
    outs = []
    for moved in (False, True):
        thing = copied(inner)
        if moved:
            array = group[0].get(thing)
            for slot in group:
                slot.put(thing, array + 1 + np.arange(array.size).reshape(array.shape) / array.size)
        try:
            with np.errstate(all="ignore"):
                outs.append(np.array(calls.forward(thing, tuple(x.copy() for x in xs), True)[0]))
        except Exception:
            return moved
    return outs[0].shape != outs[1].shape or not np.allclose(outs[0], outs[1], rtol=1e-9, atol=1e-12, equal_nan=True)


def likely_shapes(inner: Any) -> Iterator[Shape]:
    """The shapes of batches that an object with these arrays may take."""
    arrays = [slot.get(inner) for slot in parameter_slots(inner)]
    for array in sorted(arrays, key=lambda one: -one.ndim):
        if array.ndim == 4:
            yield (2, array.shape[1], array.shape[2] + 2, array.shape[3] + 3)  # (C, H, W) of weights (FN, C, FH, FW)
            yield (2, array.shape[0] + 2, array.shape[1] + 3, array.shape[2])  # channels last
        elif array.ndim in (1, 2):
            for width in (array.shape[0], array.shape[-1]):
                yield (4, width)
                yield (2, width, 8, 8)
                yield (2, 8, 8, width)
        elif array.ndim == 3:
            yield (2, 5, array.shape[1])
            yield (2, 5, array.shape[0])
    numbers = [value for value in vars(inner).values() if isinstance(value, int) and 1 < value < 10_000]
    yield from ((4, number) for number in numbers)
    yield from ((4, 7), (4, 6), (2, 3, 8, 8), (2, 8, 8, 3), (2, 5, 6))


def parameter_slots(inner: Any) -> list[Slot]:
    return [group[0] for group in parameter_groups(inner)]
