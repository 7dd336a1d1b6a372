"""Faults of the disk while a comparison is written: file systems that fill up, lose their inodes or become read-only."""

import os
import random
import resource
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cli.commands import lines_of

from reliability.commands import Comparison, one_sentence, scratch_folder
from reliability.rows import Row


@contextmanager
def mounted(folder: Path, options: str) -> Iterator[Path]:
    """A file system in memory. Needs the rights to mount one."""
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", folder], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def remount(folder: Path, options: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{options}", folder], check=True)


def ended_well(process: subprocess.Popen[str]) -> None:
    """It said in one sentence what is wrong, and ended with 1, or with 2 before it began."""
    _, error = process.communicate(timeout=120)
    one_sentence(error)
    assert process.returncode in (1, 2), (process.returncode, error)


def wait_for(out: Path, lines: int, process: subprocess.Popen[str]) -> None:
    until = time.monotonic() + 60
    while lines_of(out / "results.jsonl") < lines and process.poll() is None and time.monotonic() < until:
        time.sleep(0.005)


def disk_faults(count: int = 10) -> Row:
    """Each fault `count` times, at a random moment; then the fault is removed and the comparison resumed."""
    row = Row(
        "The disk fills up, has no inodes left, is read-only when it is resumed, a file may not grow (`ulimit -f`),"
        " the folder is removed: each at a random moment, then undone, then `--resume`"
    )
    with scratch_folder() as folder:
        comparison = Comparison(folder)
        full = sum(map(len, comparison.files.values()))

        def resumed(out: Path, name: str) -> str:
            kept = (out / "results.jsonl").read_bytes() if (out / "results.jsonl").exists() else b""
            assert not list(out.glob(".*part")), "a part file is left"
            if (out / "run.json").exists():
                comparison.resume(out)
                whole = comparison.files["results.jsonl"]
                assert all(line in whole for line in kept.splitlines()[:-1]), "a finished run was changed"
                return f"{name}: one sentence, then resumed to the same bytes"
            shutil.rmtree(out, ignore_errors=True)
            assert comparison.run(out) == (0, "")
            comparison.assert_whole(out)
            return f"{name}: one sentence before the first run, then done again to the same bytes"

        def full_disk(draw: random.Random, where: Path) -> str:
            with mounted(where, f"size={draw.randint(4096, full) // 4096 * 4 + 8}k") as disk:
                ended_well(comparison.start(disk / "out", "--jobs", draw.choice("12")))
                remount(disk, "size=100m")
                return resumed(disk / "out", "full disk")

        def no_inodes(draw: random.Random, where: Path) -> str:
            with mounted(where, f"size=10m,nr_inodes={draw.randint(2, 6)}") as disk:
                ended_well(comparison.start(disk / "out"))
                remount(disk, "nr_inodes=1000")
                return resumed(disk / "out", "no inodes")

        def read_only(draw: random.Random, where: Path) -> str:
            with mounted(where, "size=10m") as disk:
                process = comparison.start(disk / "out")
                wait_for(disk / "out", draw.randint(1, 15), process)
                process.kill()
                process.communicate()
                remount(disk, "ro")
                ended_well(comparison.start(disk / "out", "--resume"))
                remount(disk, "rw")
                return resumed(disk / "out", "read-only")

        def no_growth(draw: random.Random, where: Path) -> str:
            size = draw.randint(1, len(comparison.files["results.jsonl"]) - 1)
            ended_well(comparison.start(where, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))))
            return resumed(where, "a file may not grow")

        def removed(draw: random.Random, where: Path) -> str:
            process = comparison.start(where)
            wait_for(where, draw.randint(1, 15), process)
            where.rename(where.with_suffix(".moved"))
            ended_well(process)
            shutil.rmtree(where, ignore_errors=True)
            where.with_suffix(".moved").rename(where)
            return resumed(where, "folder moved away")

        faults = [no_growth, removed]
        if os.geteuid() == 0:
            faults = [full_disk, no_inodes, read_only, *faults]
        else:
            row.measured = "Without the rights to mount a file system, only the last two were tried"
        for fault in faults:
            for seed in range(count):
                where = folder / f"{fault.__name__}{seed}"
                row.add(f"{fault.__name__}, seed {seed}", lambda f=fault, s=seed, w=where: f(random.Random(s), w))
    return row
