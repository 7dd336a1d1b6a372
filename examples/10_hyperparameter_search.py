"""How do I choose learning rate and weight decay? The book's section 6.5: draw them at random, keep the best.

100 draws, the learning rate 10^U(−6, −2), the weight decay 10^U(−8, −4), where U is uniform, so that
every power of ten is tried equally often. Each trains 784–100×6–10 for 50 epochs on 400 images; 100 other images, which
training never sees, judge it. The test set is not used, or the search would fit it too. The map shows what the list of the
best hides: only one of the two numbers matters here, and its range is too narrow, for the best are all at its upper end.
"""

import numpy as np
from matplotlib.figure import Figure

import scratchnet as sn
from scratchnet import plots


def main(trials: int = 100, epochs: int = 50, best: int = 20, seed: int = 0, stem: str = "hyperparameter_search") -> None:
    rng = np.random.default_rng(seed)
    train, _ = sn.load_mnist()
    shuffled = rng.permutation(500)
    validation, rest = train[shuffled[:100]], train[shuffled[100:]]
    lrs, decays = 10 ** rng.uniform(-6, -2, trials), 10 ** rng.uniform(-8, -4, trials)
    histories = []
    for lr, decay in zip(lrs, decays, strict=True):
        net = sn.mlp(784, [100] * 6, 10, activation=sn.ReLU, init=sn.He(), seed=0)
        optimizer = sn.SGD(lr, hooks=[sn.WeightDecay(decay)])
        histories.append(sn.Trainer(net, optimizer, batch_size=100, seed=0).fit(rest, epochs=epochs, test=validation))
    accuracy = np.array([history.test_accuracy[-1] for history in histories])
    order = np.argsort(-accuracy, kind="stable")
    for place, i in enumerate(order[:5], start=1):
        print(f"{place}. validation accuracy {accuracy[i]:.2f}: lr {lrs[i]:.2g}, weight decay {decays[i]:.2g}")
    for name, drawn in (("lr", lrs), ("weight decay", decays)):
        print(f"correlation of accuracy with the logarithm of {name}: {np.corrcoef(np.log(drawn), accuracy)[0, 1]:.2f}")

    panels = {}
    for place, i in enumerate(order[:best], start=1):
        curves = {"validation": histories[i].test_accuracy, "training": histories[i].train_accuracy}
        panels[f"{place}: lr {lrs[i]:.1e}, λ {decays[i]:.0e}"] = curves
    title = f"The {len(panels)} best of {trials} draws"
    plots.save(plots.accuracy_panels(panels, columns=5, title=title, figure=Figure(dpi=100)), stem)

    figure = plots.new_figure(8, 5, None)
    axes = figure.add_subplot()
    dots = axes.scatter(lrs, decays, c=accuracy, s=60, cmap="viridis", vmin=0, vmax=1, edgecolor="black", linewidth=0.5)
    axes.scatter(lrs[order[:5]], decays[order[:5]], s=200, facecolor="none", edgecolor="#D55E00", linewidth=2)
    axes.set(xscale="log", yscale="log", xlabel="learning rate", ylabel="weight decay λ")
    axes.set_title(f"{trials} draws, the five best ringed")
    figure.colorbar(dots, label=f"accuracy on 100 validation images after {epochs} epochs")
    plots.save(figure, f"{stem}_map")
    print(f"saved {stem}.png and {stem}.svg")
    print(f"saved {stem}_map.png and {stem}_map.svg")


if __name__ == "__main__":
    main()
