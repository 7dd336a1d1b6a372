"""Training. Read `trainer`, `targets` (what a loss is given), and `history`."""

from scratchnet.training.history import History
from scratchnet.training.trainer import Trainer, load_trainer

__all__ = ["History", "Trainer", "load_trainer"]
