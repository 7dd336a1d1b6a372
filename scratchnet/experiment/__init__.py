"""Many runs, side by side. Read `run` (a run is a value), then `grid`, `execute`, `result`, `compare`, and `store`."""

from scratchnet.experiment.compare import compare
from scratchnet.experiment.execute import Failure, perform_all
from scratchnet.experiment.grid import grid
from scratchnet.experiment.result import Result
from scratchnet.experiment.run import Run, RunResult
from scratchnet.experiment.sources import Source

__all__ = ["Failure", "Result", "Run", "RunResult", "Source", "compare", "grid", "perform_all"]
