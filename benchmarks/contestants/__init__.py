"""Who takes part: each contestant is a function from a workload to `train(steps)`, in the file that is named here."""

import importlib
import importlib.util
from dataclasses import dataclass, field
from typing import Any

from workloads import Train, Workload


@dataclass(frozen=True)
class Contestant:
    """`function` of the file `module` in this folder, called with the workload and `options`; `needs` is a package."""

    module: str
    needs: str
    function: str = "build"
    options: dict[str, Any] = field(default_factory=dict)
    mlps: bool = True
    convnets: bool = True

    def takes(self, workload: Workload) -> bool:
        return self.mlps if workload.is_mlp else self.convnets

    def is_installed(self) -> bool:
        return importlib.util.find_spec(self.needs) is not None

    def build(self, workload: Workload) -> Train:
        function = getattr(importlib.import_module(f"contestants.{self.module}"), self.function)
        train: Train = function(workload, **self.options)
        return train


CONTESTANTS = {
    "floor": Contestant("floor", "numpy", convnets=False),
    "scratchnet": Contestant("ours", "scratchnet"),
    "pytorch": Contestant("with_torch", "torch"),
    "pytorch fused": Contestant("with_torch", "torch", options={"fused": True}, convnets=False),
    "pytorch channels last": Contestant("with_torch", "torch", options={"channels_last": True, "fused": True}, mlps=False),
    "jax step": Contestant("with_jax", "jax", "step_by_step"),
    # Not for convnets: on a CPU a convolution inside a compiled loop takes ten times as long as outside.
    "jax scan": Contestant("with_jax", "jax", "scan", convnets=False),
    "scikit-learn": Contestant("with_sklearn", "sklearn", convnets=False),
    "book": Contestant("book", "numpy"),
}
