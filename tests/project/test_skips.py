"""Skipped tests are reported with their reason, and are a failure where none may be skipped."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CONFTEST = Path(__file__).parents[1] / "conftest.py"


@pytest.mark.parametrize(("allowed", "code"), [("0", 0), ("1", 1)])
def test_a_skipped_test_fails_the_session_only_where_none_may_be_skipped(tmp_path, allowed, code):
    shutil.copy(CONFTEST, tmp_path)
    (tmp_path / "test_it.py").write_text(
        "import pytest\ndef test_right(): pass\ndef test_no_browser(): pytest.skip('there is no browser')\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-n0", "-rs", "--rootdir", str(tmp_path), str(tmp_path)],
        cwd=tmp_path,
        env={**os.environ, "SCRATCHNET_NO_SKIPS": allowed},
        capture_output=True,
        text=True,
    )
    assert done.returncode == code, done.stdout + done.stderr
    assert "there is no browser" in done.stdout
    assert ("test_it.py::test_no_browser" in done.stdout) == (code == 1)
