"""scratchnet: why `W = np.random.randn(n_in, n_out) * std`? A small neural network in NumPy that lets you see it.

A module is imported when one of its names is first used. So `import scratchnet` costs next to nothing, and each program
loads what it needs.
"""

from typing import TYPE_CHECKING

__version__ = "0.1.0"

__all__ = [
    "ELU",
    "GELU",
    "LSUV",
    "MSE",
    "SELU",
    "SGD",
    "AdaGrad",
    "Adam",
    "Affine",
    "AveragePool",
    "BatchNorm",
    "CheckFailed",
    "ClipNorm",
    "Comparison",
    "Constant",
    "Convolution",
    "Cosine",
    "Critical",
    "Dataset",
    "DeltaOrthogonal",
    "Dirac",
    "Dropout",
    "ExactGain",
    "ExponentialDecay",
    "Fans",
    "Flatten",
    "He",
    "History",
    "Identity",
    "Initializer",
    "InputError",
    "Jacobian",
    "Layer",
    "LayerNorm",
    "LayerSpread",
    "LeCun",
    "LeakyReLU",
    "LossPrediction",
    "MaxPool",
    "MeanField",
    "Mish",
    "Momentum",
    "Nesterov",
    "Network",
    "Normal",
    "Ones",
    "Optimizer",
    "Orthogonal",
    "PReLU",
    "RMSprop",
    "ReLU",
    "Residual",
    "Scale",
    "SiLU",
    "Sigmoid",
    "SoftmaxCrossEntropy",
    "Softplus",
    "Softsign",
    "Sparse",
    "Spread",
    "StepDecay",
    "Tanh",
    "TorchDefault",
    "TorchSparse",
    "Trainer",
    "TruncatedNormal",
    "Uniform",
    "UniformBetween",
    "VarianceScaling",
    "Warmup",
    "Watch",
    "WeightDecay",
    "Xavier",
    "Zeros",
    "adapt",
    "channels_first",
    "channels_last",
    "check_activation",
    "check_gradient",
    "check_initializer",
    "check_layer",
    "check_loss",
    "check_optimizer",
    "compare",
    "deep_convnet",
    "depth_scale",
    "from_torch",
    "initializer",
    "load",
    "load_idx",
    "load_mnist",
    "load_result",
    "load_trainer",
    "measure_jacobians",
    "measure_spread",
    "mlp",
    "normal",
    "numerical_gradient",
    "parametrize_with_checks",
    "predict_jacobians",
    "predict_spread",
    "predict_training",
    "simple_convnet",
    "truncated",
    "uniform",
    "watch",
]

# The module of each public name.
_HOMES = {
    "adapters": "adapt",
    "check.gradient": "check_gradient numerical_gradient",
    "check.initializer": "check_initializer",
    "check.layer": "check_activation check_layer",
    "check.loss": "check_loss",
    "check.optimizer": "check_optimizer",
    "check.parametrize": "parametrize_with_checks",
    "check.report": "CheckFailed",
    "comparison": "Comparison compare load_result",
    "data": "Dataset load_idx load_mnist",
    "hooks": "ClipNorm WeightDecay",
    "initializers": (
        "LSUV Constant Critical DeltaOrthogonal Dirac ExactGain Fans He Initializer LeCun Normal Ones Orthogonal "
        "Sparse TorchDefault TorchSparse TruncatedNormal Uniform UniformBetween VarianceScaling Xavier Zeros "
        "initializer normal truncated uniform"
    ),
    "layers": (
        "ELU GELU SELU Affine AveragePool BatchNorm Convolution Dropout Flatten Identity Layer LayerNorm LeakyReLU "
        "MaxPool Mish PReLU ReLU Scale Sigmoid SiLU Softplus Softsign Tanh channels_first channels_last"
    ),
    "losses": "MSE SoftmaxCrossEntropy",
    "meanfield": "MeanField depth_scale",
    "network": "Network Residual deep_convnet mlp simple_convnet",
    "network.from_torch": "from_torch",
    "network.loading": "load",
    "optimizers": "SGD AdaGrad Adam Momentum Nesterov Optimizer RMSprop",
    "schedules": "Cosine ExponentialDecay StepDecay Warmup",
    "spread": "Jacobian LayerSpread Spread measure_jacobians measure_spread",
    "support.validation": "InputError",
    "theory": "LossPrediction predict_jacobians predict_spread predict_training",
    "training": "History Trainer load_trainer",
    "watching": "Watch watch",
}

if TYPE_CHECKING:
    from scratchnet.adapters import adapt
    from scratchnet.check.gradient import check_gradient, numerical_gradient
    from scratchnet.check.initializer import check_initializer
    from scratchnet.check.layer import check_activation, check_layer
    from scratchnet.check.loss import check_loss
    from scratchnet.check.optimizer import check_optimizer
    from scratchnet.check.parametrize import parametrize_with_checks
    from scratchnet.check.report import CheckFailed
    from scratchnet.comparison import Comparison, compare, load_result
    from scratchnet.data import Dataset, load_idx, load_mnist
    from scratchnet.hooks import ClipNorm, WeightDecay
    from scratchnet.initializers import (
        LSUV,
        Constant,
        Critical,
        DeltaOrthogonal,
        Dirac,
        ExactGain,
        Fans,
        He,
        Initializer,
        LeCun,
        Normal,
        Ones,
        Orthogonal,
        Sparse,
        TorchDefault,
        TorchSparse,
        TruncatedNormal,
        Uniform,
        UniformBetween,
        VarianceScaling,
        Xavier,
        Zeros,
        initializer,
        normal,
        truncated,
        uniform,
    )
    from scratchnet.layers import (
        ELU,
        GELU,
        SELU,
        Affine,
        AveragePool,
        BatchNorm,
        Convolution,
        Dropout,
        Flatten,
        Identity,
        Layer,
        LayerNorm,
        LeakyReLU,
        MaxPool,
        Mish,
        PReLU,
        ReLU,
        Scale,
        Sigmoid,
        SiLU,
        Softplus,
        Softsign,
        Tanh,
        channels_first,
        channels_last,
    )
    from scratchnet.losses import MSE, SoftmaxCrossEntropy
    from scratchnet.meanfield import MeanField, depth_scale
    from scratchnet.network import Network, Residual, deep_convnet, mlp, simple_convnet
    from scratchnet.network.from_torch import from_torch
    from scratchnet.network.loading import load
    from scratchnet.optimizers import SGD, AdaGrad, Adam, Momentum, Nesterov, Optimizer, RMSprop
    from scratchnet.schedules import Cosine, ExponentialDecay, StepDecay, Warmup
    from scratchnet.spread import Jacobian, LayerSpread, Spread, measure_jacobians, measure_spread
    from scratchnet.support.validation import InputError
    from scratchnet.theory import LossPrediction, predict_jacobians, predict_spread, predict_training
    from scratchnet.training import History, Trainer, load_trainer
    from scratchnet.watching import Watch, watch
else:

    def __getattr__(name):
        """A public name, or a module of the package, such as `sn.layers`."""
        import importlib

        home = next((module for module, names in _HOMES.items() if name in names.split()), None)
        if home is not None:
            globals()[name] = value = getattr(importlib.import_module(f"scratchnet.{home}"), name)
            return value
        if not name.startswith("_"):
            try:
                return importlib.import_module(f"scratchnet.{name}")
            except ModuleNotFoundError as error:
                if error.name != f"scratchnet.{name}":
                    raise
        raise AttributeError(f"module 'scratchnet' has no attribute {name!r}")

    def __dir__():
        return sorted({*globals(), *__all__})
