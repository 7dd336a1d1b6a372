"""scratchnet initializers: the list of them."""

import argparse

from scratchnet.initializers import catalogue
from scratchnet.support.files import as_json


def list_initializers(args: argparse.Namespace) -> int:
    """scratchnet initializers"""
    print(as_json(catalogue.as_object()) if args.json else catalogue.as_table())
    return 0
