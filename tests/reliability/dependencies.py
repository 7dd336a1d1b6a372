"""The same tests with the lowest versions that pyproject.toml allows, and with the newest there are."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

from reliability.commands import scratch_folder
from reliability.rows import Row

ROOT = Path(__file__).parents[2]
TESTED = ["tests/support", "tests/experiment", "tests/network"]
NAMED = ("numpy", "matplotlib", "threadpoolctl", "filelock", "safetensors", "distributed")


def lowest_and_newest(count: int = 1) -> Row:
    """The tests of files, threads, pools and saving in two new virtual environments."""
    row = Row("Tests of threads, files, pools and saving with the lowest and with the newest dependencies")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    bounds = project["dependencies"] + project["optional-dependencies"]["test"]
    described = []
    for name, wanted in (("lowest", [one.replace(">=", "==") for one in bounds]), ("newest", bounds)):
        with scratch_folder() as folder:
            python = str(folder / "venv/bin/python")
            subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True)
            subprocess.run([python, "-m", "pip", "install", "-q", "-e", str(ROOT), *wanted], check=True)
            # Old releases use what their own dependencies have deprecated since.
            options = ["-n", "2", "-W", "ignore::DeprecationWarning", "-rN", "--tb=line", "-vv"]
            command = [python, "-m", "pytest", *options, *TESTED]
            done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
            program = f"from importlib.metadata import version; print(*(f'{{n}} {{version(n)}}' for n in {NAMED}), sep=', ')"
            versions = subprocess.run([python, "-c", program], capture_output=True, text=True, check=True).stdout.strip()
        described.append(f"{name}: {versions}")
        ended = re.findall(r"(PASSED|FAILED|ERROR|SKIPPED) .*?(tests/\S+)", done.stdout)
        row.add_all((f"{test} with the {name} versions", how.lower(), how in ("PASSED", "SKIPPED")) for how, test in ended)
        if not ended or done.returncode:
            row.problems.append(f"the {name} versions: exit code {done.returncode}: {done.stdout[-200:]}")
    row.measured = "; ".join(described)
    return row
