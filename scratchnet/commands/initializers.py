"""scratchnet initializers: what there is."""

import argparse

from scratchnet.files import as_json
from scratchnet.initializers import catalogue


def list_initializers(words: argparse.Namespace) -> int:
    """scratchnet initializers"""
    print(as_json(catalogue.as_object()) if words.json else catalogue.as_table())
    return 0
