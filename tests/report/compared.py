"""One comparison for the tests of the page and of theory in it: a process makes it once."""

import functools
import json
import re

import scratchnet as sn
from scratchnet.report import write_report
from scratchnet.report.drawn import draw

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


def data_of(text):
    """What the page's script reads."""
    return json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)[1])


def written_to(folder, result):
    """The page of this result, as a file in the folder."""
    images = {name: draw(result.draw(name), name).image for name in result.figure_names}
    return write_report(result, images, folder / "report.html")
