"""What happens to two different inputs in a deep network? Tanh below, at and beyond the edge of chaos.

Two images of MNIST have a correlation of about .4. If the weights are too small, they become the same, layer by layer, and
gradients vanish. If the weights are too large, they become unlike, and gradients explode. At the edge, σ_w² = 1.76 for
σ_b² = .05, both last through many layers. Lines are predicted, dots measured in one network; c* is the limit of the
correlation in an infinitely deep network (Poole et al. 2016; Schoenholz et al. 2017).
"""

import numpy as np

import scratchnet as sn
from scratchnet import plots
from scratchnet.meanfield import correlation_fixed_point


def main(depth: int = 40, width: int = 400, rows: int = 100, bias: float = 0.05, stem: str = "edge_of_chaos") -> None:
    train, _ = sn.load_mnist()
    x, t = train[:rows]
    field = sn.MeanField(sn.Tanh)
    critical = field.critical(bias)[0]
    figure = plots.new_figure(11, 4.8, None)
    left, right = figure.subplots(1, 2)
    for i, (kind, size) in enumerate({"ordered": 1.0, "at the edge": critical, "chaotic": 3.0}.items()):
        net = sn.mlp(784, [width] * depth, 10, sn.Tanh, sn.VarianceScaling(size), sn.Normal(np.sqrt(bias)), seed=0)
        predicted, measured = sn.predict_spread(net, x, t), sn.measure_spread(net, x, t)
        inside = [layer.name for layer in measured.layers if layer.name.startswith("Affine")][:-1]
        layers = np.arange(1, depth + 1)
        dots = {what: [getattr(measured[name], what) for name in inside] for what in ("correlation", "grad_rms")}
        label = f"{kind}, σ_w² = {size:.2f}"
        for axes, what in ((left, "correlation"), (right, "grad_rms")):
            axes.plot(layers, [getattr(predicted[name], what) for name in inside], label=label, **plots.style(i))
            axes.plot(layers, dots[what], color=plots.COLOURS[i], marker=plots.MARKERS[i], linestyle="", markersize=4)
        first, last = dots["correlation"][0], dots["correlation"][-1]
        ratio = dots["grad_rms"][0] / dots["grad_rms"][-1]
        scale = sn.depth_scale(sn.Tanh, size, bias)
        end, _ = correlation_fixed_point(field.phi, size, field.fixed_point(size, bias))
        left.axhline(end, color=plots.COLOURS[i], linestyle=":", linewidth=1, zorder=0)
        print(f"{label}: ξ {scale:.3g}; correlation {first:.2f} → {last:.3f}, c* {end:.3f}")
        print(f"    gradient, first layer over last {ratio:.1e}")
    left.set(
        xlabel="layer",
        ylabel="mean correlation of two inputs",
        title="forward: do two images stay two? dotted: c*, their end",
    )
    right.set(yscale="log", xlabel="layer", ylabel="rms of ∂loss/∂z", title="backward: gradients")
    for axes in (left, right):
        axes.grid(alpha=0.3)
    figure.legend(*left.get_legend_handles_labels(), loc="outside lower center", ncols=3, handlelength=3.5)
    plots.save(figure, stem)
    print(f"saved {stem}.png and {stem}.svg")


if __name__ == "__main__":
    main()
