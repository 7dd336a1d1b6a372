"""scratchnet initializers: what there is."""

import argparse

from scratchnet.initializers import catalogue
from scratchnet.support.files import as_json


def list_initializers(words: argparse.Namespace) -> int:
    """scratchnet initializers"""
    print(as_json(catalogue.as_object()) if words.json else catalogue.as_table())
    return 0
