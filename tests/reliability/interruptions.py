"""Kills and signals at random moments."""

import os
import random
import signal
import time
from contextlib import chdir

from cli.test_signals_at_any_moment import INT, MOMENTS, TERM, interrupt

from reliability.commands import Comparison, marked, scratch_folder
from reliability.rows import Row


def kills(count: int = 50) -> Row:
    """SIGKILL at a random moment, to the command alone or to all its processes, up to three times; then --resume."""
    row = Row("SIGKILL at a random moment, to the command alone or with its workers, once to three times, then `--resume`")
    with scratch_folder() as folder:
        comparison = Comparison(folder)
        begun = time.monotonic()
        comparison.run(folder / "timed", "--jobs", "2")
        seconds = time.monotonic() - begun
        for seed in range(count):
            draw = random.Random(seed)
            out, times, jobs = folder / str(seed), draw.randint(1, 3), draw.choice("12")

            def kill_and_resume(draw=draw, out=out, times=times, jobs=jobs) -> str:
                for _ in range(times):
                    more = ["--resume"] if (out / "run.json").exists() else []
                    with marked() as env:
                        process = comparison.start(out, "--jobs", jobs, *more, env=env, start_new_session=True)
                        time.sleep(draw.uniform(0, seconds))
                        (os.killpg if draw.random() < 0.5 else os.kill)(process.pid, signal.SIGKILL)
                        process.communicate(timeout=30)  # ends only when no worker holds the pipe
                if not (out / "run.json").exists():
                    comparison.run(out)
                    comparison.assert_whole(out)
                    return "killed before there was a folder; done again to the same bytes"
                comparison.resume(out, "--jobs", jobs)
                return "resumed to the same bytes"

            row.add(f"seed {seed}, {times} times, --jobs {jobs}", kill_and_resume)
    return row


def signals(count: int = 100) -> Row:
    """SIGINT or SIGTERM at a random moment, once or twice, to the command or its group."""
    row = Row(
        "SIGINT or SIGTERM at a random moment from the imports to the figures, once or twice, to the command or its group"
    )
    with scratch_folder() as folder:
        data = str(Comparison(folder).data)
        for seed in range(count):
            draw = random.Random(seed)
            moment, number = draw.choice(list(MOMENTS)), draw.choice([INT, TERM])
            target, twice = draw.choice(["process", "group"]), draw.random() < 0.5
            delay, pause = draw.uniform(0, 1), draw.uniform(0, 0.5)
            (folder / f"{seed}").mkdir()

            def send(args=(moment, number, target, twice, delay, pause), where=folder / f"{seed}") -> str:
                with chdir(where):
                    interrupt(data, *args)
                return "one line, exit code 130 or 143 (or it had ended), nothing left"

            row.add(f"seed {seed}: {signal.Signals(number).name} at {moment}, {target}, twice {twice}", send)
    return row
