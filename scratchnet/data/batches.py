"""Which rows make up the batch of a step. Read next: `mnist`."""

from scratchnet.support.streams import stream
from scratchnet.support.validation import Array, InputError, whole


class Batches:
    """Which rows make up each batch: each epoch is a new order of all rows, cut into whole batches.

    Rows that are left over are not used in that epoch. The batch of a step depends on the seed and the step alone: every
    initializer sees the same batches, and training can go on from any step.
    """

    def __init__(self, rows: int, batch_size: int, seed: int) -> None:
        self.rows = rows
        self.batch_size = whole("batch_size", batch_size)
        if self.batch_size > rows:
            raise InputError(f"batch_size is {batch_size}, but there are only {rows} rows: give a smaller batch_size")
        self.steps_per_epoch = rows // self.batch_size
        self.seed = seed
        self._epoch = -1

    def count(self, steps: int | None, epochs: int | None) -> int:
        """The number of steps: `steps`, or `epochs` in steps. Exactly one of the two must be given."""
        if (steps is None) == (epochs is None):
            raise InputError("give steps or epochs, one of the two: write steps=2000, or epochs=5")
        return whole("steps", steps) if epochs is None else whole("epochs", epochs) * self.steps_per_epoch

    def __getitem__(self, step: int) -> Array:
        epoch, place = divmod(step, self.steps_per_epoch)
        if epoch != self._epoch:
            self._order = stream(self.seed, f"batches of epoch {epoch}").permutation(self.rows)
            self._epoch = epoch
        return self._order[place * self.batch_size : (place + 1) * self.batch_size]
