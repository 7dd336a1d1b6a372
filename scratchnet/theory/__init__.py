"""Predicted: the spread of a network before its weights are drawn, and its loss curve before it is trained.

Read `pairs`, `finite`, `signal`, `activations`, `rules`, `output`, `sampling`, `predict`, `tangent`, `mixing`, `growth`,
`training`.
"""

from scratchnet.theory.predict import predict_spread
from scratchnet.theory.training import LossPrediction, predict_training

__all__ = ["LossPrediction", "predict_spread", "predict_training"]
