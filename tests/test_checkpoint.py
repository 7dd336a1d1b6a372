"""A training goes on from its file: n steps, save, load in a new process and n steps are 2n steps, byte for byte."""

import io
import itertools
import json
import os
import signal
import subprocess
import sys
import time
import zipfile

import numpy as np
import pytest
from small import digits

import scratchnet as sn
from scratchnet.support.array_file import DOCUMENT, write_arrays


class Plain(sn.Optimizer):
    """An optimizer of one's own, which remembers a number and an array for each parameter, and a number of its own."""

    def __init__(self, lr=0.01, decay=0.5):
        super().__init__(lr)
        self.decay = decay
        self.moved = 0

    def move(self, w, dw, state):
        state["steps"] = state.get("steps", 0) + 1
        state["mean"] = self.decay * state.get("mean", 0) + dw.mean(axis=0)
        self.moved += 1
        w -= self.lr / state["steps"] * (dw + state["mean"]) * (1 + 1e-6 * self.moved)


class Halving:
    """A schedule of one's own."""

    def __init__(self, lr, every):
        self.lr, self.every = lr, every

    def __call__(self, step):
        return self.lr / 2 ** (step // self.every)


class Scaled:
    """A hook of one's own."""

    def __init__(self, factor):
        self.factor = factor

    def __call__(self, triples):
        return [(name, w, dw * self.factor) for name, w, dw in triples]


class Doubled(sn.SoftmaxCrossEntropy):
    """A loss of one's own."""

    def forward(self, scores, t):
        return 2 * super().forward(scores, t)

    def backward(self):
        return 2 * super().backward()


class Noise(sn.Layer):
    """A layer of one's own that draws random numbers, from a generator of another kind."""

    def __init__(self, size=0.1):
        self.size = size
        self.start(np.random.default_rng())

    def start(self, rng):
        self.own = np.random.Generator(np.random.Philox(rng.integers(2**32)))

    def forward(self, x):
        return x + self.own.normal(0, self.size, x.shape).astype(x.dtype) if self.training else x

    def backward(self, dout):
        return dout


OWN = {"layers": {"Noise": Noise}, "optimizers": {kind.__name__: kind for kind in (Plain, Halving, Scaled, Doubled)}}
OPTIMIZERS = {
    "SGD": sn.SGD(0.05),
    "Momentum": sn.Momentum(sn.Cosine(0.05, 15)),
    "Nesterov": sn.Nesterov(sn.StepDecay(0.05, 5, 0.5)),
    "AdaGrad": sn.AdaGrad(0.05, hooks=[sn.WeightDecay(1e-3), sn.ClipNorm(0.5)]),
    "RMSprop": sn.RMSprop(sn.Warmup(0.005, 15)),
    "Adam": sn.Adam(sn.ExponentialDecay(0.005, 30), beta1=0.8, hooks=(sn.ClipNorm(1.0),)),
    "own": Plain(Halving(0.05, 8)),
}
NETWORKS = {
    "mlp": lambda: sn.mlp(784, [12, 8], 10, normalization=sn.BatchNorm, dropout=0.3, seed=3),
    "convnet": lambda: sn.Network(
        [
            *(sn.Convolution(1, 2, 5, stride=3), sn.BatchNorm(2), sn.PReLU(2), sn.MaxPool(2), sn.Dropout(0.3)),
            *(sn.Residual([sn.Convolution(2, 2, 3, pad=1), sn.LayerNorm(2)]), sn.Flatten(), sn.Affine(32, 10)),
        ],
        seed=4,
    ),
    "own": lambda: sn.Network([sn.Affine(784, 9), Noise(), sn.ReLU(), sn.Affine(9, 10)], seed=5, dtype=np.float64),
}
STEPS = 10
SETTINGS = {"steps": STEPS, "evaluate_every": 4, "spread_at": [0, 3, 12, 20], "progress": False}


def trainer(make, optimizer=sn.SGD(0.05), **settings):  # noqa: B008
    return sn.Trainer(make(), optimizer, batch_size=30, seed=2, **settings)


def sets(net, **sizes):
    return digits(flatten=not net.has_convolution, **{"train": 200, "test": 50, **sizes})


def fit(learner, **settings):
    train, test = sets(learner.net)
    return learner.fit(train, test=test, **{**SETTINGS, **settings})


def go_on(folder):
    """Called in a new process: load each trainer in a folder, fit it, and save it."""
    for path in sorted(folder.iterdir()):
        learner = sn.load_trainer(path, **OWN)
        fit(learner)
        learner.save(path.with_stem(f"{path.stem} on"))


def in_a_new_process(code, *arguments):
    code = f"import sys, pathlib\nsys.path[:0] = {sys.path!r}\nimport test_checkpoint as here\n{code}"
    return [sys.executable, "-c", code, *map(str, arguments)]


SUFFIXES = (".npz", ".safetensors")


@pytest.mark.parametrize("name", NETWORKS)
def test_two_halves_in_two_processes_are_one_training(name, tmp_path):
    for kind, optimizer in OPTIMIZERS.items():
        learner = trainer(NETWORKS[name], optimizer)
        fit(learner)
        for suffix in SUFFIXES:
            learner.save(tmp_path / f"{kind}{suffix}")
    command = in_a_new_process("here.go_on(pathlib.Path(sys.argv[1]))", tmp_path)
    subprocess.run(command, check=True, timeout=100)
    for kind, suffix in itertools.product(OPTIMIZERS, SUFFIXES):
        whole = trainer(NETWORKS[name], OPTIMIZERS[kind])
        fit(whole, steps=2 * STEPS)
        path = whole.save(tmp_path / f"whole{suffix}")
        other = tmp_path / f"{kind} on{suffix}"
        halves = sn.load_trainer(other, **OWN)
        assert halves.history.loss == whole.history.loss
        for (_, w, _), (_, v, _) in zip(whole.net.parameters(), halves.net.parameters(), strict=True):
            assert w.tobytes() == v.tobytes()
        assert set(halves.history.evaluated_at) == {4, 8, 10, 12, 16, 20}
        whole.history.evaluated_at.insert(2, 10)  # the end of the first half was evaluated too
        for measured in ("train_loss", "test_loss", "train_accuracy", "test_accuracy"):
            getattr(whole.history, measured).insert(2, getattr(halves.history, measured)[2])
        assert whole.save(path).read_bytes() == other.read_bytes()


def test_everything_comes_back(tmp_path):
    learner = trainer(NETWORKS["mlp"], OPTIMIZERS["Adam"], criterion=Doubled())
    fit(learner)
    back = sn.load_trainer(learner.save(tmp_path / "training.npz"), **OWN)
    assert repr(back.optimizer) == repr(learner.optimizer)
    assert (back.optimizer.t, back.optimizer.lr) == (STEPS, learner.optimizer.lr)
    assert (back.batch_size, back.seed, back.steps) == (30, 2, STEPS)
    assert type(back.criterion) is Doubled
    assert vars(back.history) == vars(learner.history)
    assert str(back.history) == str(learner.history)
    assert str(back.history.spreads[3]) == str(learner.history.spreads[3])
    for name, (_, state) in learner.optimizer.state.items():
        owner, loaded = back.optimizer.state[name]
        assert any(owner is v for _, v, _ in back.net.parameters())
        assert {key: value.tobytes() for key, value in loaded.items()} == {
            key: value.tobytes() for key, value in state.items()
        }


def test_a_trainer_that_made_no_step(tmp_path):
    back = sn.load_trainer(trainer(NETWORKS["mlp"], sn.Adam()).save(tmp_path / "training.npz"))
    whole = trainer(NETWORKS["mlp"], sn.Adam())
    assert fit(back).loss == fit(whole).loss


def test_a_learning_rate_that_was_set_by_hand(tmp_path):
    learner = trainer(NETWORKS["mlp"], sn.SGD(0.1))
    fit(learner)
    learner.optimizer.lr = 0.01
    back = sn.load_trainer(learner.save(tmp_path / "training.npz"))
    assert fit(back).loss == fit(learner).loss


def test_a_diverged_training_keeps_its_last_checkpoint(tmp_path):
    path = tmp_path / "training.npz"
    learner = trainer(lambda: sn.mlp(784, [12], 10, seed=0), sn.SGD(0.1))
    fit(learner, steps=4, checkpoint=path)
    kept = path.read_bytes()
    learner.optimizer.lr = 1e30
    fit(learner, steps=50, checkpoint=path, checkpoint_every=50)
    assert learner.history.diverged_at is not None
    assert path.read_bytes() == kept
    back = sn.load_trainer(learner.save(tmp_path / "diverged.npz"))
    assert back.history.diverged_at == learner.history.diverged_at
    assert np.array(back.history.loss).tobytes() == np.array(learner.history.loss).tobytes()


# --- checkpoints


def test_checkpoints_are_written_on_the_way(tmp_path, monkeypatch):
    saved = []
    monkeypatch.setattr(sn.Trainer, "save", lambda self, path: saved.append((self.steps, path)))
    learner = trainer(NETWORKS["mlp"])
    fit(learner, steps=10, checkpoint=tmp_path / "a.npz", checkpoint_every=4)
    assert saved == [(4, tmp_path / "a.npz"), (8, tmp_path / "a.npz"), (10, tmp_path / "a.npz")]
    saved.clear()
    fit(learner, steps=7, checkpoint="a.npz")  # an epoch has 6 steps
    assert [steps for steps, _ in saved] == [12, 17]


def test_checkpoints_change_nothing(tmp_path):
    plain, saving = trainer(NETWORKS["convnet"], sn.Adam()), trainer(NETWORKS["convnet"], sn.Adam())
    fit(plain)
    fit(saving, checkpoint=tmp_path / "a.npz", checkpoint_every=3)
    assert plain.save(tmp_path / "b.npz").read_bytes() == (tmp_path / "a.npz").read_bytes()


def train_for_ever(path):
    """Called in a process that will be killed."""
    learner = trainer(NETWORKS["mlp"], OPTIMIZERS["Adam"])
    fit(learner, steps=10**6, checkpoint=path, checkpoint_every=7, on_step=lambda loss: time.sleep(0.002))


@pytest.mark.parametrize("moment", [0.0, 0.03, 0.05])
def test_a_killed_training_goes_on_to_the_same_bytes(tmp_path, moment):
    path = tmp_path / "training.npz"
    process = subprocess.Popen(in_a_new_process("here.train_for_ever(pathlib.Path(sys.argv[1]))", path))
    deadline = time.monotonic() + 100
    while not path.exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(0.1 + moment)
    process.send_signal(signal.SIGKILL if os.name == "posix" else signal.SIGTERM)
    assert process.wait(timeout=20) != 0
    killed = sn.load_trainer(path)
    assert killed.steps
    assert killed.steps % 7 == 0
    end = killed.steps + 20
    fit(killed, steps=20, checkpoint=path, checkpoint_every=7)
    whole = trainer(NETWORKS["mlp"], OPTIMIZERS["Adam"])
    fit(whole, steps=end)
    assert whole.save(tmp_path / "whole.npz").read_bytes() == path.read_bytes()


def test_a_checkpoint_that_cannot_be_written_is_refused_before_training(tmp_path):
    learner = trainer(NETWORKS["mlp"])
    for given, words in (
        ({"checkpoint": tmp_path / "a.zip"}, r"ends in \.npz or \.safetensors"),
        ({"checkpoint": tmp_path / "none" / "a.npz"}, "there is no folder"),
        ({"checkpoint_every": 5}, "there is no checkpoint"),
        ({"checkpoint": tmp_path / "a.npz", "checkpoint_every": 0}, "checkpoint_every is 0"),
        ({"checkpoint": 3}, "a path is needed"),
    ):
        with pytest.raises(sn.InputError, match=words):
            fit(learner, **given)
    with pytest.raises(sn.InputError, match=r"SGD\.lr cannot be saved: it is the function <lambda>"):
        fit(trainer(NETWORKS["mlp"], sn.SGD(lambda step: 0.1)), checkpoint=tmp_path / "a.npz")
    assert learner.steps == 0
    assert not list(tmp_path.iterdir())


def test_a_longer_training_is_not_overwritten(tmp_path):
    path = tmp_path / "training.npz"
    learner = trainer(NETWORKS["mlp"])
    fit(learner, checkpoint=path)
    before = path.read_bytes()
    with pytest.raises(sn.InputError, match=r"holds a training of 10 steps already, .* sn\.load_trainer\('training\.npz'\)"):
        fit(trainer(NETWORKS["mlp"]), checkpoint=path)
    learner.net.save(tmp_path / "net.npz")
    with pytest.raises(sn.InputError, match="holds a network, but a trainer is needed"):
        fit(learner, checkpoint=tmp_path / "net.npz")
    assert path.read_bytes() == before
    fit(sn.load_trainer(path), checkpoint=path)
    assert sn.load_trainer(path).steps == 20


# --- what is refused


def test_other_rows_are_refused(tmp_path):
    learner = trainer(NETWORKS["mlp"])
    fit(learner)
    path = learner.save(tmp_path / "training.npz")
    train, test = sets(learner.net)
    other = sn.Dataset(train.images.copy(), np.roll(train.labels, 1))
    turned = sn.Dataset(255 - train.images, train.labels)
    for rows in (test, other, turned, sn.Dataset(train.images / np.float32(255), train.labels)):
        back = sn.load_trainer(path)
        with pytest.raises(sn.InputError, match=r"the trainer was saved after training on 200 rows of uint8\(784,\)"):
            back.fit(rows, steps=1)
        assert back.steps == STEPS
    back = sn.load_trainer(path)
    fit(back, steps=1)
    back.fit(test, steps=1, progress=False)  # as in one process: a second fit may have other rows


class Remembering(Scaled):
    def __init__(self, factor):
        super().__init__(factor)
        self.calls = 0

    def __call__(self, triples):
        self.calls += 1
        return triples


class Listing(Plain):
    def move(self, w, dw, state):
        state["all"] = [dw]


class OwnTrainer(sn.Trainer):
    pass


@pytest.mark.parametrize(
    ("learner", "words"),
    [
        (lambda: trainer(NETWORKS["mlp"], sn.SGD(hooks=[lambda triples: triples])), r"SGD\.hooks\[0\] cannot be saved"),
        (
            lambda: trainer(NETWORKS["mlp"], sn.SGD(hooks=[Remembering(2)])),
            "Remembering cannot be saved, since it remembers",
        ),
        (lambda: trainer(NETWORKS["mlp"], Listing()), "Listing's all"),
        (lambda: OwnTrainer(NETWORKS["mlp"](), sn.SGD()), r"OwnTrainer .* write trainer\.net\.save"),
    ],
)
def test_what_could_not_go_on_is_refused(learner, words, tmp_path):
    learner = learner()
    fit(learner)
    with pytest.raises(sn.InputError, match=words):
        learner.save(tmp_path / "training.npz")
    assert not list(tmp_path.iterdir())


def test_classes_of_ones_own_must_be_given(tmp_path):
    path = trainer(NETWORKS["own"], OPTIMIZERS["own"]).save(tmp_path / "training.npz")
    with pytest.raises(sn.InputError) as error:
        sn.load_trainer(path)
    assert str(error.value).endswith("write sn.load_trainer('training.npz', layers={'Noise': Noise})")
    with pytest.raises(sn.InputError) as error:
        sn.load_trainer(path, layers=OWN["layers"])
    assert str(error.value).endswith("write sn.load_trainer('training.npz', optimizers={'Plain': Plain})")
    with pytest.raises(sn.InputError, match="holds a trainer, but a network is needed"):
        sn.load(path)


def rewritten(path, change):
    """The file with another description and other arrays, and digests that fit."""
    with zipfile.ZipFile(path) as file:
        document = json.loads(file.read(DOCUMENT))
        arrays = {
            name: np.lib.format.read_array(io.BytesIO(file.read(f"{name}.npy")), allow_pickle=False)
            for name in document["arrays"]
        }
    change(document["trainer"], arrays)
    extra = {key: document[key] for key in ("network", "state", "trainer")}
    write_arrays(path, "trainer", extra, arrays)
    return path


HOSTILE = {
    "fewer losses": lambda training, arrays: arrays.update({"history.loss": np.zeros(3)}),
    "no losses": lambda training, arrays: arrays.pop("history.loss"),
    "a wide state": lambda training, arrays: arrays.update({"optimizer.Affine1.W.m": np.zeros((12, 784), np.float32)}),
    "a state less": lambda training, arrays: arrays.pop("optimizer.Affine1.W.m"),
    "a state more": lambda training, arrays: arrays.update({"optimizer.Affine1.W.k": np.zeros(3)}),
    "another parameter": lambda training, arrays: training["moved"].update(Affine7={"arrays": [], "numbers": {}}),
    "no generator": lambda training, arrays: training["generators"].clear(),
    "another generator": lambda training, arrays: training["generators"].update({"Affine1.rng": {"dict": {}}}),
    "a broken generator": lambda training, arrays: training["generators"].update({"Dropout1.rng": {"dict": {"state": 3}}}),
    "a class that is no optimizer": lambda training, arrays: training["optimizer"].update({"class": "Cosine"}),
    "an unknown class": lambda training, arrays: training["optimizer"].update({"class": "Popen"}),
    "a wrong setting": lambda training, arrays: training["optimizer"]["arguments"].update(beta1=7),
    "steps below 0": lambda training, arrays: training.update(steps=-1),
    "steps in words": lambda training, arrays: training.update(steps="ten"),
    "nothing": lambda training, arrays: training.clear(),
    "spreads of nothing": lambda training, arrays: training["history"].update(spreads=[[0, {}]]),
    "an attribute of the class": lambda training, arrays: training["changed"].update(step=3),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_file_that_does_not_fit_together_is_refused(name, tmp_path):
    learner = trainer(NETWORKS["mlp"], sn.Adam())
    fit(learner)
    path = rewritten(learner.save(tmp_path / "training.npz"), HOSTILE[name])
    with pytest.raises(sn.InputError, match=r"training\.npz cannot be loaded") as error:
        sn.load_trainer(path)
    assert "\n" not in str(error.value)
