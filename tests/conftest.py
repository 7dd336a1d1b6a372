"""The tests share the cores out among processes; a BLAS with threads for every core would only be in their way."""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # read when NumPy is imported
