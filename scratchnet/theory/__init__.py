"""Predicted: the spread of a network before its weights are drawn.

Read `signal`, `activations`, `finite`, `rules`, `output`, `predict`.
"""

from scratchnet.theory.predict import predict_spread

__all__ = ["predict_spread"]
