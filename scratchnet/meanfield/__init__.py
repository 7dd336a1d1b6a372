"""Wide layers: what an activation does to normal numbers, one at a time (`one`) and two at a time (`two`)."""

from scratchnet.meanfield.one import Elementwise, MeanField
from scratchnet.meanfield.two import TwoInputs, correlation_fixed_point, depth_scale

__all__ = ["Elementwise", "MeanField", "TwoInputs", "correlation_fixed_point", "depth_scale"]
