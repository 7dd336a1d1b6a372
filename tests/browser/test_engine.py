"""The engine in the page against Python: the same weights and batches give the same losses and weights."""

import itertools

import numpy as np
import pytest

import scratchnet as sn
from scratchnet import playground
from scratchnet.layers import ACTIVATIONS
from scratchnet.losses import SoftmaxCrossEntropy
from scratchnet.optimizers import OPTIMIZERS
from scratchnet.playground.component import ENGINE, engine_settings, parameters_of

SIZES, ROWS, BATCH, STEPS = [20, 16, 9, 3], 64, 10, 50
RATES = {"SGD": 0.2, "Momentum": 0.05, "Nesterov": 0.05, "AdaGrad": 0.05, "RMSprop": 0.003, "Adam": 0.01}
VARIANTS = [*ACTIVATIONS.values(), lambda: sn.LeakyReLU(0.3), lambda: sn.ELU(0.5)]
CASES = list(itertools.product(VARIANTS, [kind(RATES[name]) for name, kind in OPTIMIZERS.items()]))
CASES += [(sn.Tanh, sn.Momentum(0.1, momentum=0.5)), (sn.ReLU, sn.Adam(0.003, beta1=0.5, beta2=0.9, epsilon=1e-3))]

IN_THE_PAGE = """
    const [x, t, sizes, batches, cases] = arguments, engine = makeEngine();
    const images = new engine.Images(Float32Array.from(x), Uint8Array.from(t), sizes[0]);
    return cases.map(({ activation, optimizer, weights }) => {
        const net = new engine.Network({ sizes, activation, stds: sizes.slice(1).map(() => 1), seed: 0 });
        const moving = new engine.Optimizer(optimizer);
        net.layers.forEach((layer, l) => { layer.W.set(weights[2 * l]); layer.b.set(weights[2 * l + 1]); });
        const losses = batches.map((rows) => {
            net.forward(images, rows);
            const loss = net.loss(images, rows);
            net.backward(images, rows);
            moving.step(net.parameters);
            return loss;
        });
        return { losses, weights: net.parameters.map(([name, w]) => [...w]) };
    });
"""


@pytest.fixture(scope="module")
def engine_page(tmp_path_factory):
    path = tmp_path_factory.mktemp("engine") / "engine.html"
    script = "".join(map(playground.read, ENGINE))
    path.write_text(f'<meta charset="utf-8"><script>{script}</script>', encoding="utf-8")
    return path


def a_network(activation):
    return sn.mlp(SIZES[0], SIZES[1:-1], SIZES[-1], activation, init=sn.He(), bias_init=sn.Normal(0.1), seed=3)


def test_every_activation_with_every_optimizer_trains_as_in_python(show, engine_page):
    rng = np.random.default_rng(0)
    x = (rng.standard_normal((ROWS, SIZES[0])) * (rng.random((ROWS, SIZES[0])) < 0.6)).astype(np.float32)
    t = rng.integers(0, SIZES[-1], ROWS)
    batches = [rng.choice(ROWS, BATCH, replace=False) for _ in range(STEPS)]
    cases, expected = [], []
    for activation, optimizer in CASES:
        net, moving, criterion = a_network(activation), optimizer.fresh(), SoftmaxCrossEntropy()
        layer = net.layers[1]
        cases.append(
            {
                "activation": {"name": type(layer).__name__, "parameters": parameters_of(layer)},
                "optimizer": engine_settings(optimizer),
                "weights": [
                    w.ravel().tolist() for name, w, _ in net.parameters() if name.endswith((".W", ".b")) and "Affine" in name
                ],
            }
        )
        losses = []
        for rows in batches:
            losses.append(criterion.forward(net.forward(x[rows]), t[rows]))
            net.backward(criterion.backward())
            moving.step(net.parameters())
        expected.append((losses, {name: w.ravel() for name, w, _ in net.parameters()}))
    arguments = [x.ravel().tolist(), t.tolist(), SIZES, [rows.tolist() for rows in batches], cases]
    found = show(engine_page).execute_script(IN_THE_PAGE, *arguments)
    for (activation, optimizer), (losses, weights), one in zip(CASES, expected, found, strict=True):
        name = f"{activation} {optimizer!r}"
        np.testing.assert_allclose(one["losses"], losses, rtol=1e-3, err_msg=name)
        assert abs(losses[-1] - losses[0]) > 0.03 * losses[0], name  # it has moved, so there is something to compare
        for w, values in zip(weights.values(), one["weights"], strict=True):
            np.testing.assert_allclose(values, w, rtol=1e-3, atol=1e-3 * np.abs(w).max(), err_msg=name)


def test_what_the_page_does_not_know_has_no_settings():
    class Mine(sn.ReLU):
        pass

    assert parameters_of(Mine()) is None and parameters_of(sn.PReLU(4, sn.Normal(1))) is None
    assert parameters_of(sn.LeakyReLU(0.2)) == {"slope": 0.2} and parameters_of(sn.PReLU()) == {"n": 1, "a": 0.25}
    assert engine_settings(sn.SGD(sn.Cosine(0.1, 100))) is None
    assert engine_settings(sn.SGD(0.1, hooks=[sn.WeightDecay(0.1)])) is None
    assert engine_settings(sn.Momentum(0.1)) == {"name": "Momentum", "lr": 0.1, "momentum": 0.9}


def test_its_normal_numbers_have_the_law_and_one_stream_for_each_name(show, engine_page):
    script = (
        "const {normals} = makeEngine(); return [[0, 'Affine1.W'], [0, 'Affine2.W'], [1, 'Affine1.W'], [0, 'Affine1.W']]"
    )
    z = np.array(show(engine_page).execute_script(script + ".map(([seed, name]) => [...normals(seed, name, 20000)]);"))
    n = z.shape[1]
    assert np.array_equal(z[0], z[3])
    assert np.abs(z.mean(axis=1)).max() < 4 / np.sqrt(n) and np.abs(z.var(axis=1) - 1).max() < 4 * np.sqrt(2 / n)
    assert np.abs((z**4).mean(axis=1) - 3).max() < 4 * np.sqrt(96 / n)
    assert np.abs(np.corrcoef(z[:3]) - np.eye(3)).max() < 4 / np.sqrt(n)
    assert np.abs((z[:, 1:] * z[:, :-1]).mean(axis=1)).max() < 4 / np.sqrt(n)


def test_its_batches_are_whole_epochs_in_new_orders(show, engine_page):
    script = "const all = new (makeEngine().Batches)(23, 5, 7); return Array.from({length: 9}, (_, i) => [...all.at(i)])"
    browser = show(engine_page)
    batches = browser.execute_script(script)
    first, second = (list(itertools.chain(*part)) for part in (batches[:4], batches[4:8]))
    assert len(set(first)) == len(set(second)) == 20 and first != second and set(first) | set(second) <= set(range(23))
    assert browser.execute_script(script) == batches


def test_its_measurements_are_those_of_python(show, engine_page):
    """Std, std within a unit, zeros, dead units, and the histogram over log10 |x|, of a network with a dead unit."""
    net = a_network(sn.ReLU)
    net.layers[0].W[:, 4], net.layers[0].b[4] = 0, -1
    rng = np.random.default_rng(1)
    x = np.abs(rng.standard_normal((ROWS, SIZES[0]))).astype(np.float32)
    script = """
        const [x, rows, sizes, weights] = arguments, engine = makeEngine();
        const images = new engine.Images(Float32Array.from(x), new Uint8Array(rows), sizes[0]);
        const net = new engine.Network({ sizes, activation: { name: "ReLU" }, stds: [1, 1, 1], seed: 0 });
        net.layers.forEach((layer, l) => { layer.W.set(weights[2 * l]); layer.b.set(weights[2 * l + 1]); });
        const found = engine.spreadOf(net, images, Array.from({ length: rows }, (_, i) => i));
        return { ...found, pooledBins: [...found.pooledBins], withinBins: [...found.withinBins], bins: engine.BINS };
    """
    weights = [w.ravel().tolist() for _, w, _ in net.parameters()]
    found = show(engine_page).execute_script(script, x.ravel().tolist(), ROWS, SIZES, weights)
    python, bins = sn.measure_spread(net, x), found["bins"]
    for name, key in (("std", "std"), ("within_std", "within"), ("zero", "zero"), ("dead", "dead")):
        expected = [getattr(layer, name) or 0 for layer in python.activations]
        np.testing.assert_allclose(found[key], expected, rtol=1e-4, err_msg=name)
    assert found["dead"][0] >= 1 / SIZES[1]
    y = net.layers[1].forward(net.layers[0].forward(x))
    for key, values in (("pooledBins", y), ("withinBins", y - y.mean(axis=0))):
        counts = found[key][: bins["count"] + 1]
        sizes = np.log10(np.abs(values[np.abs(values) > 1e-9]))
        expected, _ = np.histogram(np.clip(sizes, bins["low"], bins["high"]), bins["count"], (bins["low"], bins["high"]))
        assert counts[0] == values.size - sizes.size and np.abs(np.array(counts[1:]) - expected).sum() <= 4


def test_a_diverged_network_stops_and_the_others_go_on(show, engine_page):
    script = """
        const engine = makeEngine(), sizes = [4, 8, 8, 3], x = Float32Array.from({ length: 80 }, (_, i) => Math.sin(i + 1));
        const images = new engine.Images(x, Uint8Array.from({ length: 20 }, (_, i) => i % 3), 4);
        const race = new engine.Race(images, { sizes, activation: { name: "Identity" }, optimizer: { name: "SGD", lr: 0.5 },
            batch: 4, seed: 0, trainRows: 16, starts: [{ stds: [9, 9, 9] }, { stds: [0.1, 0.1, 0.1] }] });
        const losses = Array.from({ length: 40 }, () => race.step());
        const numbers = losses.map((one) => one.map((loss) => Number.isFinite(loss) ? loss : null));
        return { losses: numbers, alive: race.racers.map((one) => one.alive) };
    """
    found = show(engine_page).execute_script(script)
    diverging, learning = np.array(found["losses"], float).T
    assert found["alive"] == [False, True] and np.isnan(diverging[-1]) and np.isfinite(learning).all()
    first = int(np.isnan(diverging).argmax())
    assert np.isnan(diverging[first:]).all()
