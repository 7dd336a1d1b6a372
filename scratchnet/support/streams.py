"""Random numbers: one stream for each name, all from one seed.

A parameter draws from the stream of its own name, the batches from theirs. So one layer more, or one batch more, changes no
other draw, and two initializers with the same seed scale the same numbers. No code here touches NumPy's global generator.
"""

import hashlib

import numpy as np


def stream(seed: int, name: str) -> np.random.Generator:
    """The generator of the stream `name` of `seed`, at its beginning.

    The key is the first 128 bits of the name's SHA-256: two names practically never share a stream.
    """
    digest = hashlib.sha256(name.encode()).digest()
    key = tuple(int.from_bytes(digest[i : i + 4], "big") for i in range(0, 16, 4))
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=key))
