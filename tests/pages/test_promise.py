"""What the README says of the default comparison comes true, to the byte where NumPy and its BLAS are those recorded."""

import hashlib
import json
import math
import re
from pathlib import Path

import numpy as np
import pytest
from threadpoolctl import threadpool_info

import scratchnet as sn


def assert_the_bytes_are_those_that_were(results):
    """Where NumPy and its BLAS are those of the recorded run; others round otherwise."""
    recorded = json.loads((Path(__file__).parents[1] / "golden" / "default_comparison.json").read_text())
    here = [
        [info[k] for k in ("internal_api", "version", "architecture")]
        for info in threadpool_info()
        if "architecture" in info
    ]
    if np.__version__ == recorded["numpy"] and recorded["blas"] in here:
        lines = "".join(re.sub(r', "digest": "[0-9a-f]+"}$', "}", one.to_json()) + "\n" for one in results)
        assert hashlib.sha256(lines.encode()).hexdigest() == recorded["sha256"]


@pytest.mark.timeout(240)
def test_the_promise_of_the_default_comparison():
    inits = {"std 0.01": 0.01, "Xavier (book: 1/n)": sn.LeCun(), "He": sn.He()}
    result = sn.compare(inits, progress=False, jobs=2)
    assert_the_bytes_are_those_that_were(result.results)
    found = result.by_label
    assert all(one.steps == 2000 for runs in found.values() for one in runs)
    accuracy = {label: np.mean([one.test_accuracy for one in runs]) for label, runs in found.items()}
    assert accuracy["He"] > 0.85 and accuracy["Xavier (book: 1/n)"] > 0.85 > 0.2 > accuracy["std 0.01"]
    assert len(found["He"]) == 3
    assert all(abs(one.final_loss - math.log(10)) < 0.01 for one in found["std 0.01"])
    assert all(abs(one.first_loss - math.log(10)) < 0.2 for runs in found.values() for one in runs)
