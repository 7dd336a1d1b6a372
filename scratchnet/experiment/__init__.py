"""Many runs, side by side. Read `run` (a run is a value), then `grid`, `sources`, `execute`, `result`, `store`."""

from scratchnet.experiment.execute import Failure, perform_all
from scratchnet.experiment.grid import grid
from scratchnet.experiment.result import Result
from scratchnet.experiment.run import Run, RunResult
from scratchnet.experiment.sources import Source

__all__ = ["Failure", "Result", "Run", "RunResult", "Source", "grid", "perform_all"]
