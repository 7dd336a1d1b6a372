"""A folder of results: what is written in it, and what happens when its files were changed, cut off or replaced."""

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small import digits, draw_nothing

import scratchnet as sn
from scratchnet.cli.main import main
from scratchnet.experiment import RunResult
from scratchnet.experiment import lines as lines_module
from scratchnet.experiment.lines import read_lines
from scratchnet.experiment.store import Folder, new_folder, now
from scratchnet.support.digests import with_digest

OPTIONS = ["--init", "He", "LeCun", "--hidden", "3", "--steps", "2", "--seeds", "2", "--batch-size", "16", "--jobs", "1"]


@pytest.fixture(autouse=True, scope="module")
def nothing_drawn():
    with pytest.MonkeyPatch.context() as patch:
        draw_nothing(patch.setattr)
        yield


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    from small import write_idx_folder

    return str(write_idx_folder(tmp_path_factory.mktemp("idx"), train=40, test=20))


def command(data, out, *more):
    return ["compare", "--data", data, "--out", str(out), *OPTIONS, "--quiet", *more]


@pytest.fixture(scope="module")
def comparison(data):
    """The same four runs in Python, to read a folder of them."""
    inits = {"He": sn.He(), "LeCun": sn.LeCun()}
    return sn.compare(inits, data=sn.load_idx(data), hidden=[3], steps=2, seeds=2, batch_size=16, progress=False)


@pytest.fixture(scope="module")
def whole(data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole") / "out"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["scratchnet", *command(data, folder)])
        assert main() == 0
    return folder


@pytest.fixture
def folder(whole, tmp_path):
    """A copy that may be spoilt."""
    out = tmp_path / "out"
    out.mkdir()
    for name in ("run.json", "results.jsonl"):
        (out / name).write_bytes((whole / name).read_bytes())
    return out


def test_each_line_ends_with_the_digest_of_the_rest(whole):
    import hashlib

    for line in (whole / "results.jsonl").read_text().splitlines():
        rest, digest = re.fullmatch(r'(.*), "digest": "([0-9a-f]{32})"}', line).groups()
        assert hashlib.sha256(f"{rest}}}".encode()).hexdigest()[:32] == digest
        assert list(json.loads(line))[-1] == "digest"
    assert list(json.loads((whole / "run.json").read_text()))[-1] == "digest"


def test_a_result_comes_back_as_it_was(comparison):
    for result in comparison.results:
        assert RunResult.from_json(result.to_json()) == result


def changed_somewhere(content, count):
    """Each single bit of some bytes flipped, and the whole cut off before each of them."""
    places = range(0, len(content), max(1, len(content) // count))
    for at in places:
        yield content[:at]
        for bit in range(8):
            yield content[:at] + bytes([content[at] ^ 1 << bit]) + content[at + 1 :]


def test_no_changed_line_is_read_as_a_result(comparison):
    line = comparison.results[0].to_json().encode()
    tried = 0
    for changed in changed_somewhere(line, 300):
        tried += 1
        with pytest.raises(sn.InputError) as error:
            RunResult.from_json(changed)
        assert "\n" not in str(error.value) and len(str(error.value)) < 250
    assert tried > 2500


def test_a_changed_file_gives_only_results_that_were_written(comparison, tmp_path):
    path = tmp_path / "results.jsonl"
    written = [result.to_json() for result in comparison.results]
    known = {result.key: result for result in comparison.results}
    for changed in changed_somewhere("".join(f"{line}\n" for line in written).encode(), 60):
        path.write_bytes(changed)
        for line in read_lines(path, comparison.runs):
            if line.result:
                assert line.result.slim() == known[line.result.key].slim()


def test_no_changed_run_json_is_read(whole, tmp_path):
    content = (whole / "run.json").read_bytes()
    about = Folder(whole).read_run_json()
    refused = 0
    for changed in changed_somewhere(content, 200):
        (tmp_path / "run.json").write_bytes(changed)
        try:
            assert Folder(tmp_path).read_run_json() == about  # the last line's end is no value
        except sn.InputError as error:
            refused += 1
            assert "run.json is damaged" in str(error) and "\n" not in str(error)
    assert refused > 1700


@settings(max_examples=300, deadline=None)
@given(content=st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_whatever_stands_in_the_file_is_no_result(content, comparison, tmp_path_factory):
    path = tmp_path_factory.getbasetemp() / "anything.jsonl"
    path.write_bytes(content)
    assert not any(line.result for line in read_lines(path, comparison.runs))


def fields_of(comparison):
    fields = json.loads(comparison.results[0].to_json())
    del fields["digest"]
    return fields


def put(*path):
    *way, last, value = path

    def change(fields):
        at = fields
        for step in way:
            at = at[step]
        at[last] = value

    return change


LAYER = ("spreads", "0", "layers", 0)
WRONG = {
    "a missing field": lambda fields: fields.pop("seed"),
    "an unknown field": put("evil", 1),
    "a text for a number": put("steps", "2"),
    "a boolean for a number": put("seed", True),
    "a float for a whole number": put("steps", 2.0),
    "null for a text": put("label", None),
    "a list for an object": put("spreads", []),
    "a negative seed": put("seed", -1),
    "an accuracy above 1": put("test_accuracy", 1.5),
    "an accuracy below 0": put("train_accuracy", -0.1),
    "no accuracy": put("test_accuracy", None),
    "a share of dead units above 1": put("dead", 2.0),
    "more steps than losses": put("steps", 3),
    "no losses": put("loss", []),
    "a text among the losses": put("loss", 1, "low"),
    "a number beyond floats": put("loss", 1, 10**400),
    "diverged and yet with a final loss": put("diverged", True),
    "no final loss and yet not diverged": put("final_loss", None),
    "another key": put("key", "x" * 16),
    "a step that is no number": lambda fields: fields["spreads"].update(x=fields["spreads"]["0"]),
    "a step of many digits": lambda fields: fields["spreads"].update({"9" * 5000: fields["spreads"]["0"]}),
    "no spread at the start": lambda fields: fields["spreads"].pop("0"),
    "no layers": put("spreads", "0", "layers", []),
    "one layer twice": lambda fields: fields["spreads"]["0"]["layers"].append(fields["spreads"]["0"]["layers"][0]),
    "a negative std": put(*LAYER, "std", -1.0),
    "a share above 1": put(*LAYER, "zero", 1.1),
    "a negative count": put(*LAYER, "histogram", "counts", [-1]),
    "a bin beyond floats": put(*LAYER, "histogram", "exponent", 5000),
    "thousands of bins": put(*LAYER, "histogram", "counts", [1] * 5000),
    "bands of three": put(*LAYER, "bands", {"std": [1, 2, 3]}),
}


@pytest.mark.parametrize("change", WRONG.values(), ids=list(WRONG))
def test_a_line_with_a_right_digest_and_a_wrong_field_is_refused(change, comparison):
    fields = fields_of(comparison)
    change(fields)
    with pytest.raises(sn.InputError) as error:
        RunResult.from_json(with_digest(json.dumps(fields)))
    assert "\n" not in str(error.value) and len(str(error.value)) < 250


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_what_is_no_number_of_json_is_refused(number, comparison):
    text = json.dumps(fields_of(comparison)).replace('"dead": 0', f'"dead": {number}, "x": 0', 1)
    text = re.sub(r'"dead": [^,]*, "x": [^,]*', f'"dead": {number}', text)
    assert number in text
    with pytest.raises(sn.InputError):
        RunResult.from_json(with_digest(text))


@pytest.mark.parametrize(
    "text", ["[" * 100_000, '{"a": ' * 100_000, "1" * 5000, '{"x": ' + "1" * 5000 + "}", "", "{}", "[]"]
)
def test_what_is_no_result_is_refused_in_a_sentence(text):
    for content in (text, with_digest(text)):
        with pytest.raises(sn.InputError) as error:
            RunResult.from_json(content)
        assert len(str(error.value)) < 250


def resigned(line, **changes):
    fields = json.loads(line) | changes
    del fields["digest"]
    return with_digest(json.dumps(fields))


# What is done to the lines of four runs; how many of them are read, how many named, how many set aside.
SPOILT = {
    "nothing": (lambda lines: lines, 4, 0),
    "no lines": (lambda lines: [], 0, 0),
    "an empty line": (lambda lines: [lines[0], "", *lines[1:]], 4, 0),
    "a changed value": (lambda lines: [lines[0].replace('"seed": 0', '"seed": 1'), *lines[1:]], 3, 1),
    "the same line twice": (lambda lines: [*lines, lines[0]], 4, 0),
    "two results of one run": (lambda lines: [*lines, resigned(lines[0], dead=0.5)], 3, 2),
    "a line of another comparison": (lambda lines: [*lines, resigned(lines[0], key="0" * 16)], 4, 1),
    "another label": (lambda lines: [resigned(lines[0], label="\x1b[31mHe"), *lines[1:]], 3, 1),
    "another seed": (lambda lines: [resigned(lines[0], seed=7), *lines[1:]], 3, 1),
    "a line that is too long": (lambda lines: ['{"a": "' + "x" * 200_000 + '"}', *lines], 4, 1),
    "no digest": (lambda lines: [re.sub(', "digest".*', "}", lines[0]), *lines[1:]], 3, 1),
    "two lines in one": (lambda lines: [lines[0] + lines[1], *lines[2:]], 2, 1),
}


@pytest.mark.parametrize(("spoil", "read", "named"), SPOILT.values(), ids=list(SPOILT))
def test_a_spoilt_line_is_named_and_set_aside_and_its_run_done_again(
    spoil, read, named, folder, whole, data, comparison, capsys, monkeypatch
):
    monkeypatch.setattr(lines_module, "LONGEST", 100_000)
    lines = (folder / "results.jsonl").read_text().splitlines()
    spoilt = spoil(lines)
    (folder / "results.jsonl").write_text("".join(f"{line}\n" for line in spoilt))
    results, sentences = Folder(folder).read(comparison.runs)
    assert (len(results), len(sentences)) == (read, named)
    assert main(command(data, folder, "--resume")) == 0
    err = capsys.readouterr().err
    assert len(err.splitlines()) == named and err.count("damaged.jsonl") == named and "\x1b" not in err
    for name in ("results.jsonl", "results.csv", "spread.csv"):
        assert (folder / name).read_bytes() == (whole / name).read_bytes(), name
    aside = (folder / "damaged.jsonl").read_text().splitlines() if named else []
    assert len(aside) == named and set(aside) <= set(spoilt)
    assert (folder / "damaged.jsonl").exists() == bool(named)


def test_a_damaged_run_json_is_written_anew_from_the_options(folder, whole, data, capsys):
    for n in (1, 2):
        spoilt = (folder / "run.json").read_text().replace('"steps": 2', '"steps": 3')
        (folder / "run.json").write_text(spoilt)
        (folder / "results.jsonl").write_bytes((whole / "results.jsonl").read_bytes().splitlines(keepends=True)[0])
        assert main(["report", str(folder)]) == 2
        assert "run.json is damaged" in capsys.readouterr().err
        assert main(command(data, folder, "--resume")) == 0
        err = capsys.readouterr().err
        assert len(err.splitlines()) == 1 and f"kept as damaged_{n}.json" in err
        assert (folder / f"damaged_{n}.json").read_text() == spoilt
        assert Folder(folder).read_run_json()["runs"] == Folder(whole).read_run_json()["runs"]
        assert (folder / "results.jsonl").read_bytes() == (whole / "results.jsonl").read_bytes()


@pytest.mark.parametrize("results", [True, False], ids=["with results", "without"])
def test_a_damaged_run_json_of_other_results_is_left_as_it_is(results, folder, data, capsys):
    (folder / "run.json").write_text("{")
    if not results:
        (folder / "results.jsonl").unlink()
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert main([*command(data, folder, "--resume"), "--lr", "0.3"]) == 2
    err = capsys.readouterr().err
    assert len(err.splitlines()) == 1 and "run.json is damaged" in err and "options with which" in err
    assert before == {path.name: path.read_bytes() for path in folder.iterdir()}


def test_damaged_lines_are_added_to_those_before(folder, data, comparison):
    for n in (1, 2):
        lines = (folder / "results.jsonl").read_bytes().splitlines(keepends=True)
        (folder / "results.jsonl").write_bytes(b"".join([b"?" * n + b"\n", *lines]))
        assert main(command(data, folder, "--resume")) == 0
    assert (folder / "damaged.jsonl").read_bytes() == b"?\n??\n"


HARMLESS = {
    "ends of lines of Windows": lambda old: old.replace(b"\n", b"\r\n"),
    "a byte-order mark": lambda old: b"\xef\xbb\xbf" + old,
    "no end of line at the end": lambda old: old[:-1],
}


@pytest.mark.parametrize("change", HARMLESS.values(), ids=list(HARMLESS))
def test_what_an_editor_does_to_a_file_changes_no_value(change, folder, whole, data, capsys):
    for name in ("results.jsonl", "run.json"):
        (folder / name).write_bytes(change((folder / name).read_bytes()))
    assert main(command(data, folder, "--resume")) == 0
    assert capsys.readouterr().err == ""
    assert (folder / "results.jsonl").read_bytes() == (whole / "results.jsonl").read_bytes()


def test_a_torn_last_line_is_no_damage(folder, whole, data, capsys):
    path = folder / "results.jsonl"
    path.write_bytes(path.read_bytes()[:-50])
    assert main(command(data, folder, "--resume")) == 0
    assert capsys.readouterr().err == "" and not (folder / "damaged.jsonl").exists()
    assert path.read_bytes() == (whole / "results.jsonl").read_bytes()


REPLACED = {
    "a link": lambda path: (path.rename(path.with_name("elsewhere")), path.symlink_to("elsewhere")),
    "a dangling link": lambda path: (path.unlink(), path.symlink_to("nowhere")),
    "a folder": lambda path: (path.unlink(), path.mkdir()),
    "a pipe": lambda path: (path.unlink(), os.mkfifo(path)),
}


@pytest.mark.parametrize("verb", ["report", "compare"])
@pytest.mark.parametrize("name", ["results.jsonl", "run.json"])
@pytest.mark.parametrize("replace", REPLACED.values(), ids=list(REPLACED))
def test_a_file_that_is_no_plain_file_is_refused_in_a_sentence(replace, name, verb, folder, data, capsys):
    replace(folder / name)
    argv = ["report", str(folder)] if verb == "report" else command(data, folder, "--resume")
    assert main(argv) == 2
    err = capsys.readouterr().err
    assert len(err.splitlines()) == 1 and name in err and "plain file" in err


def test_a_second_writer_is_refused_as_long_as_the_first_one_lives(folder, data, comparison, tmp_path, capsys):
    code = (
        "import sys, time; from scratchnet.experiment.store import Folder\n"
        "with Folder(sys.argv[1]).locked(): print('locked', flush=True); time.sleep(100)"
    )
    first = subprocess.Popen([sys.executable, "-c", code, str(folder)], stdout=subprocess.PIPE)
    try:
        assert first.stdout.readline() == b"locked\n"
        before = (folder / "results.jsonl").read_bytes()
        spread = ["spread", "--data", data, "--hidden", "3", "--init", "He", "--out", str(folder)]
        for argv in (command(data, folder, "--resume"), command(data, folder), ["report", str(folder)], spread):
            assert main(argv) == 2
            err = capsys.readouterr().err
            assert len(err.splitlines()) == 1 and f"another process is writing to {folder}" in err
        with pytest.raises(sn.InputError, match="another process is writing"):
            comparison.save(folder)
        assert (folder / "results.jsonl").read_bytes() == before
    finally:
        first.kill()  # the lock ends with it
        first.communicate()
    (folder / ".left.over.part").write_text("half")
    assert main(["report", str(folder)]) == 0
    assert not [path for path in folder.iterdir() if path.name.startswith(".")]


def test_a_lock_that_is_a_link_is_not_followed(tmp_path):
    (tmp_path / "precious").write_text("precious")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / ".lock").symlink_to(tmp_path / "precious")
    with pytest.raises(sn.InputError, match="cannot write to"), Folder(tmp_path / "out").locked():
        pass
    assert (tmp_path / "precious").read_text() == "precious"


def test_folders_of_one_second_have_different_names(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert len({new_folder() for _ in range(5)}) == 5


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="the system has no tzset")
def test_a_time_zone_that_there_cannot_be_stops_nothing(monkeypatch):
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "XXX+25:61")
        time.tzset()
        written = now()
    time.tzset()
    assert written.endswith("+00:00")


# A report is not lost to one of its parts.


def fail(*_, **__):
    raise ZeroDivisionError("float division by zero")


PARTS = {
    "spread.csv": ("scratchnet.experiment.store.Folder.write_spread_csv", "spread.csv"),
    "a figure": ("scratchnet.comparison.Comparison.draw", "the figure loss"),
    "the page": ("scratchnet.comparison.Comparison.write_page", "report.html"),
    "results.csv": ("scratchnet.experiment.store.Folder.write_results_csv", "results.csv"),
    "the table": ("scratchnet.comparison.Comparison.__str__", "the table"),
}


@pytest.mark.parametrize(("broken", "name"), PARTS.values(), ids=list(PARTS))
def test_a_part_that_fails_is_named_and_the_others_are_there(broken, name, folder, whole, capsys, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(broken, fail)
        assert main(["report", str(folder)]) == 1
    out, err = capsys.readouterr()
    assert len(err.splitlines()) == 1 and name in err and "float division by zero" in err
    assert ("Nothing learned" in out) == (name != "the table")
    expected = {path.name for path in whole.iterdir()} - {name}
    if name == "the figure loss":
        expected -= {"loss.png"}
    assert {path.name for path in folder.iterdir()} == expected


def test_a_table_is_shown_before_anything_is_drawn(folder, capsys, monkeypatch):
    seen = []
    monkeypatch.setattr("scratchnet.comparison.Comparison.draw", lambda *_: seen.append(capsys.readouterr().out))
    assert main(["report", str(folder)]) == 1
    assert "Nothing learned" in seen[0]


def test_a_full_disk_is_named_once_and_the_table_is_shown(folder, capsys, monkeypatch):
    before = {path.name: path.read_bytes() for path in folder.iterdir()}

    def full(handle):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        assert main(["report", str(folder)]) == 1
    err = capsys.readouterr().err
    assert len(err.splitlines()) == 1 and f"{folder}/results.csv: No space left on device: make room" in err
    assert before == {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_disk_that_is_really_full_keeps_what_is_finished(data, whole, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24k", "tmpfs", str(disk)], capture_output=True)
    if mounted.returncode:
        pytest.skip("only root may mount a small disk")
    try:
        argv = [sys.executable, "-m", "scratchnet", *command(data, disk / "out")]
        done = subprocess.run(argv, capture_output=True, text=True)
        assert done.returncode == 1 and "Traceback" not in done.stderr
        assert len(done.stderr.splitlines()) == 1 and "No space left on device: make room" in done.stderr, done.stderr
        lines = (disk / "out" / "results.jsonl").read_bytes().splitlines()
        assert lines and lines == (whole / "results.jsonl").read_bytes().splitlines()[: len(lines)]
        assert not list((disk / "out").glob(".*"))
        assert subprocess.run(["mount", "-o", "remount,size=9m", str(disk)]).returncode == 0
        assert main(command(data, disk / "out", "--resume")) == 0
        assert (disk / "out" / "results.jsonl").read_bytes() == (whole / "results.jsonl").read_bytes()
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_a_folder_that_is_removed_meanwhile_is_named(data, tmp_path, capsys, monkeypatch):
    import shutil

    append = Folder.append

    def remove_first(folder, outcome):
        shutil.rmtree(folder.path)
        append(folder, outcome)

    monkeypatch.setattr(Folder, "append", remove_first)
    assert main(command(data, tmp_path / "out")) == 1
    err = capsys.readouterr().err
    assert len(err.splitlines()) == 1 and "results.jsonl: No such file or directory: the folder is gone" in err


def test_labels_and_paths_reach_the_terminal_and_the_table_as_escapes(tmp_path, capsys):
    found = sn.compare({"\x1b[31mHe": sn.He()}, data=digits(train=40, test=20), hidden=[3], steps=1, seeds=1, batch_size=8)
    assert "\x1b" not in str(found) and r"\x1b[31mHe" in str(found)
    assert main(["report", str(tmp_path / "no\x1b[31m")]) == 2
    out, err = capsys.readouterr()
    assert "\x1b" not in out + err and r"no\x1b[31m" in err and isinstance(tmp_path, Path)
