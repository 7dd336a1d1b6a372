"""Inputs without end for everything that reads a text or a file of a user's: damaged, cut off, made up.

Each function of READERS takes how many inputs to make and a seed, and yields what happened to each: "refused", by one
InputError of one line below 300 characters, or "read". Whatever else happens is an AssertionError that shows the input. A
changed file that is read has the values of the original.
"""

import argparse
import functools
import gzip
import io
import random
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from small import idx, made_up

import scratchnet as sn
from scratchnet.cli import values
from scratchnet.data.idx import read_idx
from scratchnet.data.npz import read_npz
from scratchnet.experiment import RunResult
from scratchnet.experiment.lines import read_lines
from scratchnet.experiment.store import Folder
from scratchnet.layers import ACTIVATIONS
from scratchnet.support.validation import InputError

TYPED_WORDS = """
    He LeCun Xavier Glorot Normal TruncatedNormal VarianceScaling Constant ExactGain LSUV Orthogonal Zeros ReLU LeakyReLU
    Tanh SGD Momentum Adam uniform normal fan_in draw std lr sigma torch.ones_ keras.HeNormal jax.zeros book.xavier
    __class__ __import__ lambda not if else for in is None True False await yield print os.system nan inf 1e400 -0 0x1f 0b1
    1_0 1j 3 0.01 -1 1e-320 99999999999999999999 ( ) [ ] { } , . = == : := + - * ** / // % @ ~ << ! ? ; ' " # f'' b'' x → ☃
    ٣ Ｈ é
"""
WORDS = [*TYPED_WORDS.split(), " ", "\n", "", "\t", "\0", "\x1b", "\\", "'''", "\udce9", "\u202e"]
LETTERS = "".join(map(chr, [*range(128), 0xE9, 0x663, 0x2028, 0x202E, 0xD800, 0xDCE9, 0xFFFF, 0x1F600]))


def outcome(read: Callable[[], object], shown: object) -> str:
    """What happens when something is read; AssertionError if that is neither a value nor one InputError in one line."""
    try:
        read()
    except (InputError, argparse.ArgumentTypeError) as error:
        message = str(error)
        assert message and len(message.splitlines()) == 1 and len(message) < 300, (shown, message)
        return "refused"
    except Exception as error:
        raise AssertionError(f"{shown!r} raises {type(error).__name__}: {error}") from error
    return "read"


def a_text(rng: random.Random) -> str:
    """Something that might be typed: words, calls that are nearly right, brackets, letters of all kinds."""
    match rng.randrange(8):
        case 0:
            return "".join(rng.choices(WORDS, k=rng.randrange(12)))
        case 1:
            return "".join(rng.choices(LETTERS, k=rng.randrange(30)))
        case 2:
            return rng.choice(WORDS) * rng.choice((1, 2, 20, 300, 3000))
        case 3:
            return f"{rng.choice(WORDS)}({', '.join(rng.choices(WORDS, k=rng.randrange(4)))})"
        case 4:
            return rng.choice("([{-") * rng.randrange(300) + rng.choice(WORDS) + rng.choice(")]}") * rng.randrange(300)
        case _:
            return mutated(rng, rng.choice(TYPED).encode()).decode(errors="surrogateescape")


TYPED = ["He(draw=uniform)", "TruncatedNormal(0.02)", "LeakyReLU(0.2)", "Momentum(0.05)", "100x4", "100,50", "0.01", "4x7"]


def mutated(rng: random.Random, content: bytes) -> bytes:
    """The content with one to three changes."""
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        at = rng.randrange(len(content) + 1)
        end = min(len(content), at + rng.choice((1, 1, 2, 8, 64)))
        match rng.randrange(7):
            case 0 | 1 if at < len(content):
                content = content[:at] + bytes([content[at] ^ 1 << rng.randrange(8)]) + content[at + 1 :]
            case 2:
                content = content[:at]
            case 3:
                content = content[:at] + content[end:]
            case 4:
                content = content[:at] + rng.randbytes(rng.choice((1, 4, 100))) + content[at:]
            case 5:
                content = content[:end] + content[at:]
            case _:
                content = content[:at] + bytes(end - at) + content[end:]
    return content


def parser_inputs(count: int, seed: int) -> Iterator[str]:
    """The parser of calls, with the tables of initializers, activations and optimizers."""
    rng = random.Random(seed)
    readers = (lambda text: sn.initializer(text, ACTIVATIONS), sn.layers.activation, sn.optimizers.optimizer)
    for _ in range(count):
        read, text = rng.choice(readers), a_text(rng)
        yield outcome(functools.partial(read, text), text)


OPTIONS = {
    "--steps": values.whole_number(),
    "--lr": values.learning_rate,
    "--hidden": values.widths,
    "--in-shape": values.batch_shape,
    "--optimizer": values.optimizer,
    "--activation": values.activation,
    "--init": values.network_initializer,
    "--bias-init": values.bias_initializer,
    "--out": values.folder,
    "--dask": values.dask_address,
}


def option_inputs(count: int, seed: int) -> Iterator[str]:
    """The types of the options of the command line."""
    rng = random.Random(seed)
    for _ in range(count):
        name, text = rng.choice(list(OPTIONS)), a_text(rng)
        if ".py:" not in text:
            yield outcome(functools.partial(OPTIONS[name], text), (name, text))


@functools.cache
def small_comparison() -> sn.Comparison:
    images, t = made_up(40, 1)
    data = sn.Dataset(images.reshape(40, -1), t)
    inits = {"He": sn.He(), "LeCun": sn.LeCun()}
    return sn.compare(inits, data=(data, data), hidden=[2], steps=2, seeds=1, batch_size=8, progress=False)


def line_inputs(count: int, seed: int) -> Iterator[str]:
    """A line of results.jsonl."""
    rng = random.Random(seed)
    known = small_comparison().results[0]
    line = known.to_json().encode()

    def read(content: bytes) -> None:
        assert RunResult.from_json(content) == known, "other values"

    for _ in range(count):
        content = mutated(rng, line) if rng.random() < 0.95 else rng.randbytes(rng.randrange(300))
        yield outcome(functools.partial(read, content), content)


def results_inputs(count: int, seed: int) -> Iterator[str]:
    """results.jsonl with its lines in disorder; each line counts for itself."""
    rng = random.Random(seed)
    comparison = small_comparison()
    known = {result.key: result.slim() for result in comparison.results}
    whole = "".join(f"{result.to_json()}\n" for result in comparison.results).encode()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "results.jsonl")
        while count > 0:
            path.write_bytes(mutated(rng, whole))
            for line in read_lines(path, comparison.runs):
                count -= 1
                assert line.result is None or line.result.slim() == known[line.result.key], path.read_bytes()
                assert line.wrong is None or len(line.wrong) < 300
                yield "refused" if line.wrong else "read"


def file_inputs(whole: bytes, name: str, read: Callable[[Path], object], count: int, seed: int) -> Iterator[str]:
    """Changes of a whole file of that name."""
    rng = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, name)
        for _ in range(count):
            content = mutated(rng, whole) if rng.random() < 0.95 else rng.randbytes(rng.randrange(300))
            path.write_bytes(content)
            yield outcome(functools.partial(read, path), content)


def run_json_inputs(count: int, seed: int) -> Iterator[str]:
    """run.json."""
    with tempfile.TemporaryDirectory() as made:
        Folder(made).write_run_json(small_comparison().runs, {})
        known, whole = Folder(made).read_run_json(), Path(made, "run.json").read_bytes()

    def read(path: Path) -> None:
        assert Folder(path.parent).read_run_json() == known, "other values"

    yield from file_inputs(whole, "run.json", read, count, seed)


def gzip_inputs(count: int, seed: int) -> Iterator[str]:
    """An IDX file in gzip, whose checksum finds each change of a value."""
    known = made_up(6, 1)[0]

    def read(path: Path) -> None:
        assert np.array_equal(read_idx(path, "images")[0], known), "other values"

    yield from file_inputs(gzip.compress(idx(known), mtime=0), "images.gz", read, count, seed)


def idx_inputs(count: int, seed: int) -> Iterator[str]:
    """An IDX file, which has no checksum: only its shape is known."""
    known = made_up(6, 1)[0]

    def read(path: Path) -> None:
        values = read_idx(path, "images")[0]
        assert values.size + 16 == path.stat().st_size, "another size"

    yield from file_inputs(idx(known), "images", read, count, seed)


def set_inputs(save: Callable[..., None], count: int, seed: int) -> Iterator[str]:
    """A set in .npz, which has a checksum for each array."""
    known = made_up(6, 1)
    file = io.BytesIO()
    save(file, x_train=known[0], y_train=known[1], x_test=known[0], y_test=known[1])

    def read(path: Path) -> None:
        assert all(np.array_equal(*pair) for pair in zip(read_npz(path)[0], known * 2, strict=True)), "other values"

    yield from file_inputs(file.getvalue(), "set.npz", read, count, seed)


def network_inputs(suffix: str, count: int, seed: int) -> Iterator[str]:
    """A saved network, which has a digest for each array and one for its description."""
    net = sn.mlp(2, [2], 2, seed=0)
    x = np.ones((1, 2), np.float32)
    with tempfile.TemporaryDirectory() as made:
        path = Path(made, f"net{suffix}")
        net.save(path)
        whole = path.read_bytes()

    def read(path: Path) -> None:
        found = sn.load(path)
        assert repr(found) == repr(net) and np.array_equal(found.forward(x), net.forward(x)), "other values"

    yield from file_inputs(whole, f"net{suffix}", read, count, seed)


READERS: dict[str, Callable[[int, int], Iterator[str]]] = {
    "calls in a text": parser_inputs,
    "options of the command line": option_inputs,
    "a line of results.jsonl": line_inputs,
    "results.jsonl": results_inputs,
    "run.json": run_json_inputs,
    "IDX files in gzip": gzip_inputs,
    "IDX files": idx_inputs,
    "sets in .npz": functools.partial(set_inputs, np.savez),
    "sets in compressed .npz": functools.partial(set_inputs, np.savez_compressed),
    "networks in .npz": functools.partial(network_inputs, ".npz"),
    "networks in .safetensors": functools.partial(network_inputs, ".safetensors"),
}
SHARES = {"calls in a text": 8, "options of the command line": 8, "a line of results.jsonl": 6, "results.jsonl": 2}


def shares(count: int) -> dict[str, int]:
    """How many of `count` inputs each reader gets: more for those that are fast."""
    parts = {name: SHARES.get(name, 1) for name in READERS}
    found = {name: max(1, count * part // sum(parts.values())) for name, part in parts.items()}
    found["calls in a text"] += max(0, count - sum(found.values()))
    return found
