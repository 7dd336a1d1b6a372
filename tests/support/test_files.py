"""Files that are written completely or not at all, and what a spreadsheet or a terminal must not obey."""

import csv
import errno
import io
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

import scratchnet as sn
from scratchnet.exercises.course import copy_exercises
from scratchnet.support.files import append_line, as_csv, explain, open_plain, write_whole
from scratchnet.support.tables import Table, visible, visible_lines


@pytest.fixture
def synced(monkeypatch):
    """What was written to the disk and renamed, in order."""
    events = []
    fsync, replace = os.fsync, Path.replace

    def note_fsync(handle):
        events.append("folder" if stat.S_ISDIR(os.fstat(handle).st_mode) else "file")
        return fsync(handle)

    def note_replace(path, target):
        events.append("rename")
        return replace(path, target)

    monkeypatch.setattr(os, "fsync", note_fsync)
    monkeypatch.setattr(Path, "replace", note_replace)
    return events


def test_a_file_is_on_the_disk_before_its_name_and_the_name_before_the_call_returns(tmp_path, synced):
    write_whole(tmp_path / "a", "text")
    assert synced == ["file", "rename", "folder"]
    write_whole(tmp_path / "b", (piece for piece in (b"te", b"xt")))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes() == b"text"


def test_the_name_of_a_new_file_of_lines_is_on_the_disk_too(tmp_path, synced):
    append_line(tmp_path / "lines", "one")
    append_line(tmp_path / "lines", "two")
    assert synced == ["file", "folder", "file"] and (tmp_path / "lines").read_bytes() == b"one\ntwo\n"


def test_two_writers_of_one_file_do_not_share_a_part_file(tmp_path):
    def pieces():
        yield b"first"
        write_whole(tmp_path / "file", b"second")
        assert len(list(tmp_path.glob(".*.part"))) == 1
        yield b" writer"

    write_whole(tmp_path / "file", pieces())
    assert (tmp_path / "file").read_bytes() == b"first writer" and [path.name for path in tmp_path.iterdir()] == ["file"]


FAULTS = {
    "a full disk": (errno.ENOSPC, "make room"),
    "a full quota": (errno.EDQUOT, "quota"),
    "a limit on files": (errno.EFBIG, "ulimit -f"),
    "a read-only disk": (errno.EROFS, "another folder"),
    "no permission": (errno.EACCES, "permissions"),
    "a folder that is gone": (errno.ENOENT, "gone"),
    "a broken disk": (errno.EIO, "check"),
}


@pytest.mark.parametrize("call", ["fsync", "open", "replace"])
@pytest.mark.parametrize(("code", "remedy"), FAULTS.values(), ids=list(FAULTS))
def test_a_fault_of_the_disk_names_the_path_and_leaves_the_old_file(code, remedy, call, tmp_path, monkeypatch):
    path = tmp_path / "file"
    path.write_text("old")

    def fail(*_, **__):
        raise OSError(code, os.strerror(code))

    with monkeypatch.context() as patch:
        if call == "fsync":
            patch.setattr(os, "fsync", fail)
        else:
            patch.setattr(Path, call, fail)
        with pytest.raises(OSError) as error:
            write_whole(path, "new")
    sentence = explain(error.value)
    assert str(path) in sentence and remedy in sentence and os.strerror(code) in sentence and "None" not in sentence
    assert path.read_text() == "old" and [one.name for one in tmp_path.iterdir()] == ["file"]


def test_a_line_that_does_not_fit_leaves_the_lines_before_it(tmp_path, monkeypatch):
    append_line(tmp_path / "lines", "one")

    def fail(handle):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="No space left") as error:
        append_line(tmp_path / "lines", "two" * 1000)
    assert error.value.filename == str(tmp_path / "lines") and (tmp_path / "lines").read_bytes() == b"one\n"


def test_a_real_limit_on_the_size_of_files_leaves_no_half_file(tmp_path):
    code = (
        "import resource, sys; from pathlib import Path; from scratchnet.support.files import *\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "for write in (write_whole, append_line):\n"
        "    try: write(Path('big'), 'x' * 5000)\n"
        "    except OSError as error: print(explain(error))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0 and done.stdout.count("big: File too large: raise the limit") == 2, done.stderr
    assert [(path.name, path.stat().st_size) for path in tmp_path.iterdir()] in ([], [("big", 0)])


def test_exercises_on_a_full_disk_leave_no_empty_file(tmp_path, monkeypatch):
    written, fsync = [], os.fsync

    def full(handle):
        written.append(handle)
        if len(written) > 5:
            raise OSError(errno.ENOSPC, "No space left on device")
        return fsync(handle)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space left"):
            copy_exercises(tmp_path)
    there = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert there and all(path.stat().st_size for path in there) and not list(tmp_path.rglob("*.part"))
    written, left = copy_exercises(tmp_path)
    assert len(written) + len(left) == 30 and left == sorted(there, key=left.index)


def make_link(path):
    target = path.with_name("target")
    target.write_text("precious")
    path.symlink_to(target)


NOT_PLAIN = {
    "a link": make_link,
    "a folder": Path.mkdir,
    "a pipe": os.mkfifo,
    "a dangling link": lambda p: p.symlink_to("no"),
}


@pytest.mark.parametrize("make", NOT_PLAIN.values(), ids=list(NOT_PLAIN))
def test_what_is_no_plain_file_is_refused_and_never_waited_for(make, tmp_path):
    make(tmp_path / "file")
    with pytest.raises(sn.InputError, match="plain file is needed"), open_plain(tmp_path / "file"):
        pass
    if make is make_link:
        with pytest.raises(OSError):
            append_line(tmp_path / "file", "x")
        assert (tmp_path / "target").read_text() == "precious"


CELLS = {
    "=1+1": "'=1+1",
    "+1": "'+1",
    "-1": "'-1",
    "@SUM(A1)": "'@SUM(A1)",
    "\tx": "'\\x09x",
    "\r=1": "'\\x0d=1",
    "std 0.01": "std 0.01",
    "1=1": "1=1",
    "'=1": "'=1",
    -1.5: "-1.5",
    -3: "-3",
    None: "",
}


@pytest.mark.parametrize(("value", "cell"), CELLS.items(), ids=repr)
def test_a_cell_that_a_spreadsheet_would_run_is_quoted_and_numbers_stay_numbers(value, cell):
    (row,) = csv.DictReader(io.StringIO(as_csv([{"a": value, "b": 1}]), newline=""))
    assert row == {"a": cell, "b": "1"}


TEXTS = {
    "\x1b[31mred": r"\x1b[31mred",
    "a\x00b": r"a\x00b",
    "line\nline": r"line\x0aline",
    "bell\a": r"bell\x07",
    "\x9b31m": r"\x9b31m",
    "\x7f": r"\x7f",
    "right‮left": r"right\u202eleft",
    "⁦x": r"\u2066x",
    "\ud800": r"\ud800",
    "￿": r"\uffff",
    "He & <b>": "He & <b>",
    "重み שלום é √n": "重み שלום é √n",
}


@pytest.mark.parametrize(("text", "shown"), TEXTS.items(), ids=ascii)
def test_control_characters_are_shown_as_escapes(text, shown):
    assert visible(text) == shown
    assert str(Table([text, "b"], [[text, "1"]], [text.replace("\n", " ")])).count("\n") == 3
    assert visible_lines("a\nb\x1b") == "a\nb\\x1b"
