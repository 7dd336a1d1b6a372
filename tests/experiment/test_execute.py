"""Where a comparison is carried out does not matter: the same bytes from one process, several, threads, loky and Dask.

What is killed goes on with --resume, and ends with the same bytes too.
"""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest
from dask_processes import scheduler, worker
from processes import CAN_LIST, left_after, new_mark
from small import DRAW_NOTHING, draw_nothing, write_idx_folder

import scratchnet as sn
from scratchnet.cli.main import main
from scratchnet.data import load_idx
from scratchnet.experiment import Failure, Run, Source, grid, perform_all, pools
from scratchnet.experiment.pools import pool_of
from scratchnet.support.progress import Progress

SETTINGS = {"hidden": [[8], [6, 6]], "activation": [sn.ReLU, sn.Tanh], "steps": 30, "seeds": 2, "batch_size": 16}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return str(write_idx_folder(tmp_path_factory.mktemp("data")))


def lines(runs, source, pool=None):
    with Progress(0, len(runs), quiet=True) as progress:
        return sorted(outcome.to_json() for outcome in perform_all(runs, source, progress, pool))


@pytest.fixture(scope="module")
def runs(folder):
    train, test = load_idx(folder)
    others = {"bias_init": sn.Zeros(), "optimizer": sn.SGD(0.1), "epochs": None}
    return grid([sn.He(), sn.LeCun()], train, test, **SETTINGS, **others)


@pytest.fixture(scope="module")
def expected(runs, folder):
    return lines(runs, Source(folder))


@pytest.mark.parametrize("jobs", [2, 3])
def test_processes_give_the_same_bytes(jobs, runs, folder, expected):
    with pools.processes(jobs, Source(folder)) as pool:
        assert lines(runs, Source(folder), pool) == expected


def test_data_that_are_given_travel_along(runs, folder, expected):
    source = Source(given=load_idx(folder))
    with pools.processes(2, source) as pool:
        assert lines(runs, source, pool) == expected


def test_threads_give_the_same_bytes(runs, folder, expected):
    with ThreadPoolExecutor(3) as pool:
        assert lines(runs, Source(folder), pool_of(pool)) == expected


def test_loky_gives_the_same_bytes(runs, folder, expected):
    loky = pytest.importorskip("loky")
    pool = loky.ProcessPoolExecutor(2)
    try:
        assert lines(runs, Source(folder), pool_of(pool)) == expected
    finally:
        pool.shutdown(kill_workers=True)


def test_in_python_too(folder):
    data = load_idx(folder)
    one, two = (sn.compare([sn.He()], data=data, jobs=jobs, progress=False, **SETTINGS) for jobs in (1, 2))
    assert [a.to_json() for a in one.results] == [b.to_json() for b in two.results]
    with ThreadPoolExecutor(2) as pool:
        three = sn.compare([sn.He()], data=data, executor=pool, progress=False, **SETTINGS)
    assert str(three) == str(one)


class Spy(ThreadPoolExecutor):
    """Counts what is handed to it and not taken back."""

    most = waiting = 0

    def submit(self, *args):
        self.waiting += 1
        self.most = max(self.most, self.waiting)
        future: Future = super().submit(*args)
        future.add_done_callback(lambda _: setattr(self, "waiting", self.waiting - 1))
        return future


def test_no_more_is_handed_out_than_there_is_work_for(runs, folder):
    with Spy(1) as pool:
        assert len(lines(runs, Source(folder), pool_of(pool, 1))) == len(runs)
    assert pool.most == 1


@pytest.mark.parametrize("jobs, most", [(1, 1), (None, 3)])
def test_a_stop_ends_with_the_runs_in_hand(jobs, most, runs, folder):
    seen = []
    with ThreadPoolExecutor(1) as pool, Progress(0, 0, quiet=True) as progress:
        for outcome in perform_all(runs, Source(folder), progress, pool_of(pool, jobs), stop=lambda: bool(seen)):
            seen.append(outcome)
    assert 1 <= len(seen) <= most  # without `jobs` the next has begun when the first result comes
    assert all(not isinstance(outcome, Failure) for outcome in seen)


@pytest.mark.parametrize("threads", [3, 30])
def test_an_executor_alone_is_kept_busy_and_little_waits(threads):
    """With `jobs` left out, as many runs begin as the executor has threads, however many those are."""
    pool, begun, go_on = pool_of(Spy(threads)), threading.Semaphore(0), threading.Event()

    def work():
        begun.release()
        assert go_on.wait(60)

    submitted = []
    for _ in range(threads):
        while not pool.is_full(submitted):
            submitted.append(pool.submit(work))
        assert begun.acquire(timeout=60)
    assert len(submitted) <= threads + pool.ahead + 1
    go_on.set()
    pool.executor.shutdown()


class Fragile(sn.Layer):
    """Works when the grid is checked and in evaluation, and fails in training."""

    def forward(self, x):
        return x

    def backward(self, dout):
        raise RuntimeError("broken on purpose")


def test_a_failed_run_is_no_result_and_the_others_go_on(runs, folder):
    train, test = load_idx(folder)
    others = {"bias_init": sn.Zeros(), "optimizer": sn.SGD(0.1), "epochs": None}
    mixed = grid([sn.He()], train, test, **{**SETTINGS, "activation": [Fragile, sn.ReLU]}, **others)
    with ThreadPoolExecutor(2) as pool, Progress(0, 0, quiet=True) as progress:
        outcomes = list(perform_all(mixed, Source(folder), progress, pool_of(pool)))
    failed = [one for one in outcomes if isinstance(one, Failure)]
    assert len(failed) == 4 and all("broken on purpose" in one.error and "Fragile" in one.run.label for one in failed)
    assert len(outcomes) == 8


# The command line, killed and resumed.

OPTIONS = ["--init", "He", "LeCun", "0.5", "--hidden", "8", "6,6", "--steps", "40", "--seeds", "3", "--batch-size", "16"]


def command(folder, out, *more):
    return [sys.executable, "-c", DRAW_NOTHING, "compare", "--data", folder, "--out", str(out), *OPTIONS, "--quiet", *more]


@pytest.fixture(autouse=True, scope="module")
def nothing_drawn():
    with pytest.MonkeyPatch.context() as patch:
        draw_nothing(patch.setattr)
        yield


@pytest.fixture(scope="module")
def whole(folder, tmp_path_factory):
    out = tmp_path_factory.mktemp("whole") / "out"
    assert main(command(folder, out, "--jobs", "1")[3:]) == 0
    return out


def start(argv):
    return subprocess.Popen(argv, stderr=subprocess.PIPE, text=True)


def assert_as_whole(out, whole):
    for name in ("results.jsonl", "results.csv", "spread.csv"):
        assert (out / name).read_bytes() == (whole / name).read_bytes(), name


def wait_for_lines(path, count, process, seconds=60):
    begun = time.monotonic()
    while not path.exists() or path.read_bytes().count(b"\n") < count:
        assert time.monotonic() - begun < seconds
        if process.poll() is not None:
            return
        time.sleep(0.01)


def test_two_jobs_write_the_same_files(folder, whole, tmp_path):
    assert main(command(folder, tmp_path / "out", "--jobs", "2")[3:]) == 0
    assert_as_whole(tmp_path / "out", whole)


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_parent_killed_in_mid_run_is_resumed_to_the_same_bytes(jobs, folder, whole, tmp_path):
    out = tmp_path / "out"
    with subprocess.Popen(
        command(folder, out, "--jobs", jobs), stderr=subprocess.DEVNULL, start_new_session=True
    ) as process:
        wait_for_lines(out / "results.jsonl", 3, process)
        os.killpg(process.pid, signal.SIGKILL)
    there = (out / "results.jsonl").read_bytes()
    with (out / "results.jsonl").open("ab") as file:
        file.write(b'{"key": "torn')  # as a crash in mid-write leaves it
    assert main(command(folder, out, "--resume", "--jobs", jobs)[3:]) == 0
    assert_as_whole(out, whole)
    finished = {json.loads(line)["key"] for line in there.splitlines() if line.endswith(b"}")}
    assert len(finished) >= 3


@pytest.mark.skipif(not CAN_LIST, reason="reads Linux's list of processes")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_workers_end_with_a_parent_that_alone_is_killed(number, folder, whole, tmp_path):
    out, mark = tmp_path / "out", new_mark()
    argv = command(folder, out, "--jobs", "2")
    process = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ | mark)
    wait_for_lines(out / "results.jsonl", 2, process)
    process.send_signal(number)
    printed = process.communicate(timeout=30)  # whoever reads the output sees its end
    assert printed == ("", "terminated\n" if number == signal.SIGTERM else "")
    assert not left_after(mark)
    assert main(command(folder, out, "--resume", "--jobs", "1")[3:]) == 0
    assert_as_whole(out, whole)


def test_a_killed_worker_ends_in_a_sentence_and_what_is_there_goes_on(folder, whole, tmp_path):
    out = tmp_path / "out"
    process = start(command(folder, out, "--jobs", "2", "--steps", "2000"))
    wait_for_lines(out / "results.jsonl", 1, process)
    children = subprocess.run(["pgrep", "-P", str(process.pid)], capture_output=True, text=True).stdout.split()
    workers = [pid for pid in children if "spawn_main" in Path(f"/proc/{pid}/cmdline").read_text()]
    os.kill(int(workers[-1]), signal.SIGKILL)
    _, printed = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "the processes that did the work are gone" in printed and "--resume" in printed and "Traceback" not in printed
    assert (out / "results.jsonl").read_text().count("\n") >= 1


def test_a_full_disk_loses_no_finished_run(folder, whole, tmp_path, monkeypatch):
    out, written = tmp_path / "out", []
    real = os.fsync

    def full(handle):
        if len(written) == 2:
            raise OSError(28, "No space left on device", str(out / "results.jsonl"))
        written.append(handle)
        return real(handle)

    monkeypatch.setattr(os, "fsync", full)
    assert main(command(folder, out, "--jobs", "1")[3:]) == 1
    monkeypatch.undo()
    assert main(command(folder, out, "--resume", "--jobs", "1")[3:]) == 0
    assert_as_whole(out, whole)


def test_resume_refuses_what_is_of_other_runs(folder, whole, tmp_path, capsys):
    assert main([*command(folder, whole, "--resume")[3:], "--steps", "41"]) == 2
    assert "holds other runs than these" in capsys.readouterr().err
    assert main(command(folder, tmp_path / "nothing", "--resume")[3:]) == 2
    assert "holds no run.json" in capsys.readouterr().err
    assert main(["compare", "--data", folder, *OPTIONS, "--quiet", "--resume"]) == 2
    assert "name it with --out" in capsys.readouterr().err


def test_resume_of_a_whole_comparison_runs_nothing_and_changes_nothing(folder, whole, tmp_path):
    before = {path.name: path.read_bytes() for path in whole.glob("results.*")}
    assert main(command(folder, whole, "--resume")[3:]) == 0
    assert before == {path.name: path.read_bytes() for path in whole.glob("results.*")}


def test_dask_gives_the_same_bytes_while_workers_come_and_go_until_the_scheduler_dies(folder, whole, tmp_path):
    """First without a worker, then with one, then with two, of which the first is killed; then without the scheduler."""
    pytest.importorskip("distributed")
    out = tmp_path / "one"
    with scheduler() as (head, address):
        process = start([*command(folder, out, "--dask", address)])
        assert "no workers yet" in process.stderr.readline()
        with worker(address) as first:
            wait_for_lines(out / "results.jsonl", 2, process)
            with worker(address):
                wait_for_lines(out / "results.jsonl", 4, process)
                first.kill()
                _, printed = process.communicate(timeout=120)
                assert (process.returncode, printed) == (0, "")
                assert_as_whole(out, whole)

                out = tmp_path / "two"
                process = start([*command(folder, out, "--dask", address)])
                wait_for_lines(out / "results.jsonl", 3, process)
                head.kill()
                _, printed = process.communicate(timeout=60)
    assert process.returncode == 1
    assert printed == "scratchnet compare: the Dask scheduler is gone, or has cancelled the runs: go on with --resume\n"
    assert not (out / "failed.jsonl").exists()
    assert 3 <= (out / "results.jsonl").read_text().count("\n") < 18
    assert main(command(folder, out, "--resume", "--jobs", "1")[3:]) == 0
    assert_as_whole(out, whole)


def test_dask_gets_data_that_were_given_once_and_not_with_every_run(runs, folder, expected, monkeypatch):
    pytest.importorskip("distributed")
    sent = []
    data = load_idx(folder)

    def counted(self):
        sent.append(self)
        return vars(self)

    monkeypatch.setattr(sn.Dataset, "__getstate__", counted, raising=False)
    with scheduler() as (_, address), worker(address), worker(address):
        from distributed import Client

        with Client(address) as client:
            assert lines(runs, Source(given=data), pool_of(client)) == expected
            assert 2 <= len(sent) <= 4 < len(runs)  # two sets, and Dask may pickle a task twice
            with client.get_executor(pure=False) as executor:
                assert lines(runs, Source(given=data), pool_of(executor)) == expected
            assert len(sent) <= 8


def test_where_no_scheduler_answers_it_says_so(folder, tmp_path, capsys, monkeypatch):
    pytest.importorskip("distributed")
    monkeypatch.setattr(pools, "DASK_TIMEOUT", 1)
    assert main(command(folder, tmp_path / "out", "--dask", "tcp://127.0.0.1:9")[3:]) == 2
    assert "no scheduler answers" in capsys.readouterr().err


def test_a_run_can_be_sent_to_another_process(runs):
    import pickle

    assert all(isinstance(pickle.loads(pickle.dumps(run)), Run) for run in runs)
    assert len({run.key for run in runs}) == len(runs) == 16
