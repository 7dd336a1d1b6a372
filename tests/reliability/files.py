"""Every file that is read: cut off at every byte, and with single bits flipped."""

import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
from small import write_idx_folder

import scratchnet as sn
from reliability.commands import Comparison, scratch_folder
from reliability.rows import Row
from scratchnet.experiment.lines import read_lines
from scratchnet.experiment.store import Folder

UNPROTECTED = "another pixel or label, as the format has no checksum"


def network() -> sn.Network:
    return sn.mlp(4, [3], 2, normalization=sn.BatchNorm, dropout=0.2, seed=1)


def trainer(rows: tuple[np.ndarray, np.ndarray]) -> sn.Trainer:
    trained = sn.Trainer(network(), sn.Adam(0.01), batch_size=4, seed=3)
    trained.fit(sn.Dataset(*rows), steps=3, progress=False)
    return trained


def numbers(net: sn.Network) -> object:
    x = np.linspace(-1, 1, 12).reshape(3, 4)
    return repr(net), net.predict(x).tobytes(), [(name, w.tobytes()) for name, w, _ in net.parameters()]


def readers(folder: Path) -> dict[str, tuple[Path, Callable[[Path], object]]]:
    """For each kind of file: one that is whole, and what reading it gives, to be compared."""
    comparison = Comparison(folder)
    whole = folder / "whole"
    small = folder / "small"
    runs = sn.compare({"He": sn.He()}, data=sn.load_idx(comparison.data), hidden=[3], steps=2, seeds=2, progress=False)
    small.mkdir()
    (small / "results.jsonl").write_text("".join(f"{result.to_json()}\n" for result in runs.results))
    known = {result.key: result for result in runs.results}

    def results(path: Path) -> object:
        for line in read_lines(path, runs.runs):
            if line.result:
                assert line.result.slim() == known[line.result.key].slim()
        return [line.result.key for line in read_lines(path, runs.runs) if line.result]

    def run_json(path: Path) -> object:
        return Folder(path.parent).read_run_json()

    rng = np.random.default_rng(0)
    rows = rng.standard_normal((12, 4)).astype(np.float32), rng.integers(0, 2, 12)
    net, trained = network(), trainer(rows)
    for suffix in (".npz", ".safetensors"):
        net.save(folder / f"net{suffix}")
        trained.save(folder / f"trainer{suffix}")

    def load_trainer(path: Path) -> object:
        again = sn.load_trainer(path)
        again.fit(sn.Dataset(*rows), steps=5, progress=False)
        return numbers(again.net), vars(again.history)

    write_idx_folder(folder / "plain", train=12, test=8, zipped=False)
    write_idx_folder(folder / "zipped", train=12, test=8)

    def dataset(path: Path) -> object:
        train, test = sn.load_idx(path.parent)
        return [(part.images.tobytes(), part.images.shape, part.labels.tobytes()) for part in (train, test)]

    found: dict[str, tuple[Path, Callable[[Path], object]]] = {
        "results.jsonl": (small / "results.jsonl", results),
        "run.json": (whole / "run.json", run_json),
    }
    for kind in ("images-idx3", "labels-idx1"):
        found[f"{kind}-ubyte"] = (folder / "plain" / f"train-{kind}-ubyte", dataset)
        found[f"{kind}-ubyte.gz"] = (folder / "zipped" / f"train-{kind}-ubyte.gz", dataset)
    for suffix in (".npz", ".safetensors"):
        found[f"a network, {suffix}"] = (folder / f"net{suffix}", lambda path: numbers(sn.load(path)))
        found[f"a trainer, {suffix}"] = (folder / f"trainer{suffix}", load_trainer)
    return found


def damaged_files(flips: int = 2000) -> list[Row]:
    """Each file cut off before every byte, and with each of many single bits flipped."""
    rows = []
    with scratch_folder() as folder:
        for kind, (path, read) in readers(folder).items():
            content = path.read_bytes()
            expected = read(path)
            row = Row(f"{kind}: cut off before every byte, and {flips:,} single bits flipped")
            rng = np.random.default_rng(1)
            bits = rng.choice(8 * len(content), flips, replace=8 * len(content) < flips)
            unprotected = kind.endswith("ubyte")

            def look(changed: bytes, path=path, read=read, expected=expected, unprotected=unprotected) -> str:
                path.write_bytes(changed)
                with warnings.catch_warnings():
                    warnings.simplefilter("error")
                    try:
                        found = read(path)
                    except sn.InputError as error:
                        assert "\n" not in str(error) and len(str(error)) < 400, str(error)
                        return "refused in one sentence"
                if found == expected:
                    return "read, with the same content"
                if path.name == "results.jsonl":
                    return "a line is left out, the others are as they were"
                assert unprotected, "read as something else"
                return UNPROTECTED

            for end in range(len(content)):
                row.add(f"cut off before byte {end}", lambda end=end, content=content, look=look: look(content[:end]))
            for bit in bits.tolist():
                flipped = bytearray(content)
                flipped[bit // 8] ^= 1 << (bit % 8)
                row.add(f"bit {bit}", lambda flipped=flipped, look=look: look(bytes(flipped)))
            path.write_bytes(content)
            rows.append(row)
    return rows
