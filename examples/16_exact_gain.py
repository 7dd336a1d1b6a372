"""What is the gain of my own activation? A logarithmic ReLU, for example, which no table of gains has.

The gain is the σ_w that keeps the variance of a unit's input: σ_w² = 1 / E φ(z)². Monte Carlo with a million draws takes one
line; MeanField computes it by quadrature, to all digits, from the layer's own forward; ExactGain is the initializer. The
figure shows twenty layers that start with it, with LeCun and with He: lines are predicted, dots measured.
"""

import numpy as np

import scratchnet as sn
from scratchnet import plots


class LogReLU(sn.Layer):
    """out = ln(1 + x) where x > 0, else 0,    dx = dout / (1 + x) where x > 0, else 0"""

    def forward(self, x: np.ndarray) -> np.ndarray:
        self.x = np.maximum(x, 0)
        return np.log1p(self.x)

    def backward(self, dout: np.ndarray) -> np.ndarray:
        return dout * (self.x > 0) / (1 + self.x)


def main(steps: int = 2000, depth: int = 20, width: int = 100, draws: int = 1_000_000, stem: str = "exact_gain") -> None:
    z = np.random.default_rng(0).standard_normal(draws)
    by_chance = 1 / np.sqrt(np.mean(LogReLU().forward(z) ** 2))
    field = sn.MeanField(LogReLU)
    print(f"gain: {by_chance:.3f} by Monte Carlo, {field.gain():.6f} by quadrature; He's is {np.sqrt(2):.3f}")
    train, test = sn.load_mnist()
    inits = {"LeCun": sn.LeCun(), "He": sn.He(), "ExactGain(LogReLU)": sn.ExactGain(LogReLU)}
    measured, predicted = {}, {}
    for label, init in inits.items():
        net = sn.mlp(784, [width] * depth, 10, activation=LogReLU, init=init, seed=0)
        predicted[label] = sn.predict_spread(net, *train[:1000], lr=0.1)
        measured[label] = [sn.measure_spread(net, *train[:1000], lr=0.1)]
        print(f"{label} {predicted[label].outlook()}")
        history = sn.Trainer(net, sn.SGD(lr=0.1), batch_size=128, seed=0).fit(train, steps=steps, test=test)
        print(f"  test accuracy after {steps} steps: {history.test_accuracy[-1]:.3f}")
    title = f"Logarithmic ReLU, {depth} layers of {width}, before training"
    plots.save(plots.spread_by_depth(measured, title, predicted=predicted), stem)
    print(f"saved {stem}.png and {stem}.svg")


if __name__ == "__main__":
    main()
