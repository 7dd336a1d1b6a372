"""Inputs of very different sizes, inputs that cancel, and an activation that swings fast: right, or said to be unknown."""

import numpy as np
import pytest
from meanfield.test_one_input import Sin
from theory.agreement import assert_sizes_agree, predicted_and_measured

import scratchnet as sn

SEEDS, OWN = 16, {"std": 0.02, "within_std": 0.02, "rms": 0.02, "grad_rms": 0.1, "dw_rms": 0.25}


class FastSin(Sin):
    """out = sin 30 x"""

    def forward(self, x):
        return super().forward(30 * x)

    def backward(self, dout):
        return 30 * super().backward(dout)


RNG = np.random.default_rng(0)
X, T = RNG.random(30) + 0.7 * RNG.random((20, 30)), np.arange(20) % 4
SIZES = np.logspace(-1.5, 1.5, 20)[:, None]  # 1000 : 1
OPPOSITE = np.concatenate([X[:10] - 0.7, 0.7 - X[:10]]), np.zeros(20, int)
CASES = {
    **{f"sizes, {kind.__name__}": (kind, X * SIZES, T) for kind in (sn.Tanh, sn.ReLU)},
    "one outlier": (sn.Tanh, X * np.where(np.arange(20) == 3, 1000, 1)[:, None], T),
    "opposite": (sn.Tanh, *OPPOSITE),
    "opposite, ReLU": (sn.ReLU, *OPPOSITE),
    "fast": (FastSin, X, T),
}


@pytest.mark.parametrize("case", CASES)
def test_sizes_and_gradients(case):
    kind, x, t = CASES[case]

    def net(seed):
        hidden = [layer for i in range(2) for layer in (sn.Affine(80 if i else 30, 80, sn.LeCun()), kind())]
        return sn.Network([*hidden, sn.Affine(80, 4, sn.Normal(0.05))], seed)

    predicted, measured = predicted_and_measured(net, x, t, SEEDS)
    for layer in predicted.layers:
        assert_sizes_agree(layer, measured, OWN)
        if layer.name == "Affine3":
            continue  # so few units that their cosines are not those of many
        found = np.mean([spread[layer.name].correlation for spread in measured])
        assert layer.correlation == pytest.approx(found, abs=0.03)


@pytest.mark.parametrize("hidden", [[], [sn.ReLU]], ids=["first", "second"])
def test_behind_a_layer_norm_all_inputs_count_alike(hidden):
    """95 % are promised. That 32 or fewer of 40 lie in a band has a probability below 0.001."""

    def net(seed):
        before = [layer for kind in hidden for layer in (kind(), sn.Affine(50, 50, sn.He()))]
        return sn.Network([sn.Affine(30, 50, sn.He()), *before, sn.LayerNorm(50), sn.Affine(50, 4)], seed)

    predicted, measured = predicted_and_measured(net, X * SIZES, T, 40)
    low, high = predicted["LayerNorm1"].bands["within_std"]
    assert sum(low <= spread["LayerNorm1"].within_std <= high for spread in measured) > 32
    assert any(note.startswith("sampled from LayerNorm1 on") for note in predicted.notes)


def test_a_gradient_of_which_only_rounding_is_left_is_not_predicted():
    def dw(depth):
        layers = [layer for i in range(depth) for layer in (sn.Affine(80 if i else 30, 80, sn.Normal(0.01)), sn.Tanh())]
        spread = sn.predict_spread(sn.Network([*layers, sn.Affine(80, 4, sn.Normal(0.01))], seed=0), *OPPOSITE)
        notes = [note for note in spread.notes if "the weights' gradients cancel, and what is left is below" in note]
        return [layer.dw_rms for layer in spread.layers if layer.w_rms is not None], notes

    numbers, notes = dw(2)
    assert all(numbers) and not notes
    numbers, notes = dw(8)
    assert numbers == [None] * 9 and notes[0].startswith("Affine1, Affine2, Affine3, Affine4, …: over the batch")
