"""Predicted: the spread of a network before its weights are drawn, and its loss curve before it is trained.

Read `pairs`, `finite`, `signal`, `activations`, `rules`, `output`, `sampling`, `predict`, `jacobians`, `tangent`, `mixing`,
`growth`, `balance`, `loss_prediction`, `training`.
"""

from scratchnet.theory.jacobians import predict_jacobians
from scratchnet.theory.loss_prediction import LossPrediction
from scratchnet.theory.predict import predict_spread
from scratchnet.theory.training import predict_training

__all__ = ["LossPrediction", "predict_jacobians", "predict_spread", "predict_training"]
