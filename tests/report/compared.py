"""One comparison for the tests of the page and of theory in it: a process makes it once."""

import functools

import scratchnet as sn

LABEL = "wild & </script><!-- <odd>"


@functools.cache
def two_by_two():
    """Two depths and two activations with two initializers, one of which diverges with ReLU; its label would break HTML."""
    return sn.compare(
        {LABEL: sn.Normal(2.0), "He": sn.He()},
        hidden=[[30], [30] * 3],
        activation=[sn.ReLU, sn.Tanh],
        optimizer=sn.SGD(0.05),
        steps=12,
        seeds=2,
        progress=False,
    )
