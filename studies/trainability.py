"""The map of docs/theory.md: how deep networks of tanh may be, and four networks in it. Writes trainability.png and .svg."""

import math

import scratchnet as sn
from scratchnet import plots


def main(bias: float = 0.05, stem: str = "trainability") -> None:
    critical = math.sqrt(sn.MeanField(sn.Tanh).critical(bias)[0])
    networks = {  # σ_w and depth
        "book.xavier (σ_w 1)": (1.0, 4),
        "LeCun, 20 deep": (1.0, 20),
        f"gain {critical:.2f}, σ_b² .05": (critical, 60),
        "σ_w 2, 30 deep": (2.0, 30),
    }
    title = "How deep can a network be, with σ_b² = .05"
    plots.save(plots.trainability(sn.Tanh, networks, math.sqrt(bias), title), stem)


if __name__ == "__main__":
    main()
