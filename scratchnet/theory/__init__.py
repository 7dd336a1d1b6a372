"""Predicted: the spread of a network before its weights are drawn.

Read `pairs`, `finite`, `signal`, `activations`, `rules`, `output`, `sampling`, `predict`.
"""

from scratchnet.theory.predict import predict_spread

__all__ = ["predict_spread"]
