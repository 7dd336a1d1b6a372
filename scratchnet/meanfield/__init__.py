"""Wide layers: what an activation does to normal numbers, one at a time (`one_input`) and two at a time (`two_inputs`)."""

from scratchnet.meanfield.one_input import Elementwise, MeanField
from scratchnet.meanfield.two_inputs import TwoInputs, correlation_fixed_point, depth_scale

__all__ = ["Elementwise", "MeanField", "TwoInputs", "correlation_fixed_point", "depth_scale"]
