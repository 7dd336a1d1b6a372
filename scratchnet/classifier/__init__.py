"""The network as a scikit-learn classifier, for grids, pipelines and cross-validation. Read `estimator`, `loss`, `stopping`.

Only this room needs scikit-learn: `from scratchnet.classifier import ScratchClassifier`.
"""

from scratchnet.classifier.estimator import ScratchClassifier

__all__ = ["ScratchClassifier"]
