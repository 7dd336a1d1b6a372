"""The playground: train the network in the page under several starts at once, with theory's curves drawn beforehand.

Python packs images (`digits`), tables for theory (`tables`) and the settings (`component`, `book`); the scripts do the rest:
theory.js predicts, formulas.js, network.js and engine.js train in a Web Worker, race.js keeps what it sends, others draw.
"""

from importlib.resources import files


def read(name: str) -> str:
    """The text of a file in this folder."""
    return (files("scratchnet.playground") / name).read_text(encoding="utf-8")
