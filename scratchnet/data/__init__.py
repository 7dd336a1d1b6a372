"""The data. Read `dataset`, `batches`, `mnist`, `folder` (which files make up a set), `idx`, `npz`, and `other_files`."""

from scratchnet.data.batches import Batches
from scratchnet.data.dataset import Dataset, as_dataset, check_alike, check_shapes, fingerprint
from scratchnet.data.folder import load_idx
from scratchnet.data.mnist import MNIST_SHA256, is_mnist, load_mnist

__all__ = [
    "MNIST_SHA256",
    "Batches",
    "Dataset",
    "as_dataset",
    "check_alike",
    "check_shapes",
    "fingerprint",
    "is_mnist",
    "load_idx",
    "load_mnist",
]
