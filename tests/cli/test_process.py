"""The command as a process: exit codes, code pages, no display, a reader that goes away."""

import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest
from cli.commands import CLEAN, FILES, QUICK, finish, lines_of, start
from small import DRAW_NOTHING

import scratchnet as sn


def test_the_module_runs_as_a_command():
    code, out, err = finish(start("--help"))
    assert (code, err) == (0, b"") and b"compare" in out


def test_exit_codes_reach_the_shell(data):
    code, out, err = finish(start("compare", "--data", data, "--init", "Hee"))
    assert (code, out) == (2, b"") and len(err.splitlines()) == 1 and b"did you mean He?" in err


@pytest.mark.parametrize("encoding", ["cp1252", "ascii"])
def test_any_code_page_will_do(encoding, data):
    argv = ["compare", "--data", data, *QUICK, "--init", "He", "0.01", "--out", "here"]
    code, out, err = finish(start(*argv, env=CLEAN | {"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}))
    assert code == 0 and b"Traceback" not in err and b"Nothing learned" in out
    assert {path.name for path in Path("here").iterdir()} == FILES
    assert b"\r" not in err  # off a terminal, lines and no bar


def test_both_names_of_the_command_say_their_version(capsys):
    assert finish(start("--version")) == (0, f"scratchnet {sn.__version__}\n".encode(), b"")
    (command,) = (one for one in entry_points(group="console_scripts") if one.name == "scratchnet")
    assert command.load()(["--version"]) == 0 and capsys.readouterr().out == f"scratchnet {sn.__version__}\n"


def test_a_code_page_does_not_stop_a_mistake_from_being_told(data):
    argv = ["compare", "--data", data, "--init", "√n"]
    code, _, err = finish(start(*argv, env=CLEAN | {"PYTHONIOENCODING": "ascii"}))
    assert code == 2 and b"Traceback" not in err and len(err.splitlines()) == 1


@pytest.mark.parametrize("verb", ["compare", "spread"])
def test_show_without_a_display_says_so(verb, data):
    options = QUICK if verb == "compare" else ["--hidden", "8"]
    code, _, err = finish(start(verb, "--data", data, *options, "--init", "He", "--out", "here", "--show"))
    assert code == 0 and b"no display" in err and b"Traceback" not in err
    assert Path("here/spread.png").is_file()


def test_show_with_a_backend_that_is_missing_says_so_before_training(data):
    settings = CLEAN | {"MPLBACKEND": "module://gone.backend"}
    options = [*QUICK, "--init", "He", "--out", "here", "--show"]
    code, _, err = finish(start("compare", "--data", data, *options, draw=False, env=settings))
    said = err.index(b"the figures cannot be shown (ModuleNotFoundError: No module named 'gone')")
    assert code == 0 and b"Traceback" not in err and said < err.index(b"writes") and err.count(b"cannot be shown") == 1


def test_a_reader_that_goes_away_is_no_traceback(data):
    process = start("compare", "--data", data, *QUICK, "--init", "He", "--quiet")
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait(timeout=60) in (0, 1)


@pytest.mark.parametrize("closed", ["<&- >&- 2>&-", ">/dev/full 2>/dev/full"])
def test_closed_and_full_streams_do_not_end_the_run(closed, data):
    argv = ["compare", "--data", data, *QUICK, "--init", "He", "--out", "here"]
    command = ["sh", "-c", f'exec "$@" {closed}', "sh", sys.executable, "-c", DRAW_NOTHING, *argv]
    code = subprocess.run(command, env=CLEAN, timeout=60).returncode
    assert code == int("full" in closed)
    assert lines_of(Path("here/results.jsonl")) == 2 and Path("here/report.html").exists()
