"""Many runs, side by side. Read `run` (a run is a value), then `result`, `compare`, and `store` (what lies on the disk)."""

from scratchnet.experiment.compare import compare, grid, perform_all
from scratchnet.experiment.result import Result
from scratchnet.experiment.run import Run, RunResult

__all__ = ["Result", "Run", "RunResult", "compare", "grid", "perform_all"]
