"""Who learns on the digits of the playground, with its own settings: 300 steps for each of three seeds, in a browser."""

import math
from pathlib import Path


def test_with_the_defaults_he_and_xavier_learn_std_001_stays_and_std_1_starts_high(show):
    script = """
        const [seed, done] = arguments;
        unpackDigits().then(({ pixels, labels, n }) => {
            const engine = makeEngine(), images = new engine.Images(pixels, labels, n), all = sizes();
            const stds = ({ law, size }) => all.slice(1).map((n_out, l) => size * LAWS[law].unit(all[l], n_out));
            const setting = { sizes: all, seed, batch: state.batch, trainRows: playground.digits.train,
                activation: { name: activationName() },
                optimizer: { ...playground.optimizers[state.optimizer].engine, lr: state.lr } };
            const withStds = (one) => ({ stds: stds(one) });
            const race = (starts) => new engine.Race(images, { ...setting, starts: starts.map(withStds) });
            const three = race(playground.starts);
            const losses = Array.from({ length: 300 }, () => three.step());
            const last = playground.starts.map((_, k) => losses.slice(-20).reduce((sum, one) => sum + one[k], 0) / 20);
            done({ first: losses[0], last, accuracy: three.accuracies(), one: race([{ law: "std", size: 1 }]).step()[0] });
        });
    """
    browser = show(Path(__file__).parents[2] / "site" / "playground.html")
    browser.execute_async_script("const done = arguments[0]; started.then(done)")
    browser.set_script_timeout(120)
    for seed in range(3):
        found = browser.execute_async_script(script, seed)
        small, xavier, he = range(3)
        assert found["accuracy"][xavier] >= 0.75 and found["accuracy"][he] >= 0.75
        assert abs(found["first"][small] - math.log(10)) < 1e-3 and abs(found["last"][small] - math.log(10)) < 0.05
        assert found["accuracy"][small] < 0.2 and found["one"] > 1000
