"""Do the filters of a convolution learn, or does the start show through? The book's Fig. 7-24, for four initializers.

The first 16 of SimpleConvNet's 30 filters of 5 × 5, before and after training with Adam. A pair of rows shares one colour
scale: blue is below 0, white 0, red above. Adam moves every weight by about the same amount, whatever its size: here by .06
to .1. So filters that start with std 0.01 forget their start and turn into strokes and edges, those of He keep most of
theirs, and with std 1 no change can be seen. The prettiest filters are not those of the best network.
"""

import numpy as np

import scratchnet as sn
from scratchnet import plots

INITS = {"std 0.01": sn.Normal(0.01), "Xavier (book: 1/n)": sn.LeCun(), "He": sn.He(), "std 1": sn.Normal(1)}


def alike(filters: np.ndarray) -> float:
    """The correlation of weights that are neighbours in a filter (5, 5, n): near 0 for noise, near 1 for strokes."""
    pairs = [(filters[1:], filters[:-1]), (filters[:, 1:], filters[:, :-1])]
    a, b = (np.concatenate([pair[side].ravel() for pair in pairs]) for side in (0, 1))
    return float(np.corrcoef(a, b)[0, 1])


def main(steps: int = 600, shown: int = 16, stem: str = "filters") -> None:
    train, test = sn.load_mnist(flatten=False)
    figure = plots.new_figure(0.55 * shown + 2, 0.62 * 2 * len(INITS) + 1, None)
    figure.suptitle(f"Filters of the first layer before and after {steps} steps")
    grid = figure.add_gridspec(len(INITS))
    for place, (label, init) in enumerate(INITS.items()):
        net = sn.simple_convnet(init=init, seed=0)
        after = net.parameters()[0][1][:, :, 0]  # Convolution1.W: the array itself, which training changes
        before = after.copy()
        history = sn.Trainer(net, sn.Adam(0.001), batch_size=100, seed=0).fit(train, steps=steps, test=test)
        moved = np.sqrt(np.mean((after - before) ** 2) / np.mean(before**2))
        print(f"{label}: test accuracy {history.test_accuracy[-1]:.4f}, filters moved by {moved:.2g} of their size")
        for when, filters in (("before", before), ("after", after)):
            print(f"    {when}: std {filters.std():.3f}, neighbouring weights correlate by {alike(filters):.2f}")

        part = figure.add_subfigure(grid[place])
        part.suptitle(f"{label}: test accuracy {history.test_accuracy[-1]:.3f}", fontsize=10)
        limit = max(np.abs(before[..., :shown]).max(), np.abs(after[..., :shown]).max())
        for row, when, filters in zip(part.subplots(2, shown), ("before", "after"), (before, after), strict=True):
            for i, axes in enumerate(row):
                axes.imshow(filters[..., i], cmap="RdBu_r", vmin=-limit, vmax=limit)
                axes.set(xticks=[], yticks=[])
            row[0].set_ylabel(when, rotation=0, ha="right", va="center")
    plots.save(figure, stem)
    print(f"saved {stem}.png and {stem}.svg")


if __name__ == "__main__":
    main()
