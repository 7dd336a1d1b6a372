"""Files of data sets for the tests."""


def remove(name):
    return lambda folder: (folder / name).unlink()


TRAIN, TRAIN_LABELS = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"
TEST, TEST_LABELS = "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(200))
