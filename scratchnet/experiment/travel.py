"""How a run travels to another process, with classes and functions that only this process knows.

pickle sends a class by its name, and the other process imports it. A class of a notebook or of the running script, and a
lambda, cannot be imported there: cloudpickle sends what they consist of. None of this is ever written to a file, or read
from one. Read next: `predictions`.
"""

from collections.abc import Sequence
from typing import Any, Generic, TypeVar

import cloudpickle

from scratchnet.experiment.run import Run
from scratchnet.support.readers_file import FILES, import_file
from scratchnet.support.validation import InputError

Value = TypeVar("Value")


class Traveller(Generic[Value]):
    """A value on its way. Threads share it as it is; for another process it becomes bytes.

    The process that unpickles it first imports the readers' files whose classes the value may hold.
    """

    def __init__(self, value: Value) -> None:
        self.value = value

    def __reduce__(self) -> Any:
        return _arrive, (list(FILES.values()), cloudpickle.dumps(self.value))


def _arrive(files: list[str], content: bytes) -> Traveller[Any]:
    for file in files:
        import_file(file)
    return Traveller(cloudpickle.loads(content))


def check_travels(runs: Sequence[Run]) -> None:
    """Raise InputError if a run cannot go to another process."""
    for run in {run.label: run for run in runs}.values():
        try:
            cloudpickle.dumps(run)
        except Exception as error:
            reason = " ".join(str(error).split())
            raise InputError(
                f"the run {run.label} cannot be sent to another process ({type(error).__name__}: {reason}): "
                "use one process, jobs=1"
            ) from error
