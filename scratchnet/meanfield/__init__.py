"""Wide layers: what an activation makes of normal numbers, one at a time and two at a time.

Read `one_input`, `two_inputs`.
"""

from scratchnet.meanfield.one_input import Elementwise, MeanField
from scratchnet.meanfield.two_inputs import TwoInputs, correlation_fixed_point, depth_scale

__all__ = ["Elementwise", "MeanField", "TwoInputs", "correlation_fixed_point", "depth_scale"]
