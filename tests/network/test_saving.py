"""A saved network comes back to the last bit, and a network that a file cannot describe is refused when it is saved."""

import json
import pickle
from dataclasses import dataclass

import numpy as np
import pytest
from networks import NETWORKS, Sine, assert_same, data_for, each_network, each_suffix, own_law, trained
from small import digits

import scratchnet as sn
from scratchnet.network.loading import OUR_LAYERS


@each_suffix
@each_network
def test_a_network_comes_back_to_the_last_bit(make, suffix, tmp_path):
    net = trained(make)
    path = net.save(tmp_path / f"net{suffix}")
    back = sn.load(path, layers={"Sine": Sine})
    assert_same(net, back)
    again = back.save(tmp_path / f"again{suffix}")
    assert again.read_bytes() == path.read_bytes()
    assert [file.name for file in sorted(tmp_path.iterdir())] == [again.name, path.name]


@each_network
def test_it_trains_on_to_the_same_bits(make, tmp_path):
    """Dropout starts its stream of the seed afresh, as in a network that was just built."""
    net = trained(make)
    back = sn.load(net.save(tmp_path / "net.npz"), layers={"Sine": Sine})
    for name, layer in net.walk():
        if isinstance(layer, sn.Dropout):
            layer.start(sn.support.streams.stream(net.seed, name))
    train = data_for(net)[0]
    losses = [
        sn.Trainer(one, sn.Momentum(0.01), batch_size=20, seed=9).fit(train, steps=3, progress=False).loss
        for one in (net, back)
    ]
    assert losses[0] == losses[1]
    assert_same(net, back)


def test_running_statistics_are_in_the_file(tmp_path):
    """A copy of `parameters()` alone has another accuracy, without a word."""
    train, test = digits()
    net = sn.mlp(784, [30, 30], 10, normalization=sn.BatchNorm, seed=0)
    sn.Trainer(net, sn.SGD(0.1), batch_size=50).fit(train, steps=60, progress=False)
    copied = sn.mlp(784, [30, 30], 10, normalization=sn.BatchNorm, seed=1)
    for (_, w, _), (_, v, _) in zip(net.parameters(), copied.parameters(), strict=True):
        v[...] = w
    back = sn.load(net.save(tmp_path / "net.npz"))
    assert net.accuracy(*test[:]) == back.accuracy(*test[:]) > 0.7
    assert copied.accuracy(*test[:]) < back.accuracy(*test[:]) - 0.02
    with np.load(tmp_path / "net.npz") as file:
        assert {"BatchNorm1.running_mean.npy"[:-4], "BatchNorm2.running_var", "Affine1.W"} < set(file)


def test_a_diverged_network_can_be_kept(tmp_path):
    net = sn.mlp(784, [5], 10, seed=0)
    net.layers[0].W[0, :3] = np.nan, np.inf, -np.inf
    back = sn.load(net.save(tmp_path / "net.npz"))
    assert back.layers[0].W.tobytes() == net.layers[0].W.tobytes()


def test_initializers_come_back(tmp_path):
    net = sn.mlp(784, [12], 10, init=sn.He(sn.truncated, slope=0.1), seed=0)
    net.initialize(sn.Critical(sn.Tanh, sigma_b=0.2), bias_init=sn.Uniform(0.1), seed=4)
    back = sn.load(net.save(tmp_path / "net.npz"))
    back.initialize(seed=7)
    net.initialize(seed=7)
    assert_same(net, back)


def test_an_initializer_of_ones_own_leaves_its_name(tmp_path):
    net = sn.load(sn.mlp(784, [12], 10, init=own_law, seed=0).save(tmp_path / "net.npz"))
    with pytest.raises(sn.InputError, match=r"own_law is not in the file .* write net\.initialize\(init\)"):
        net.initialize(seed=1)
    net.initialize(own_law, seed=1)
    assert_same(net, sn.mlp(784, [12], 10, init=own_law, seed=1))


@pytest.mark.parametrize("kind", [kind for name, kind in sorted(OUR_LAYERS.items()) if name != "Layer"])
def test_every_layer_can_be_kept(kind, tmp_path):
    given = {
        sn.Affine: (3, 4),
        sn.BatchNorm: (3, 0.5),
        sn.LayerNorm: (3,),
        sn.Convolution: (4, 6, 3, 2, 1, 2),
        sn.MaxPool: (2, 1),
        sn.AveragePool: (3,),
        sn.LeakyReLU: (0.3,),
        sn.PReLU: (3,),
        sn.Scale: (0.25,),
        sn.ELU: (0.7,),
        sn.Dropout: (0.25,),
        sn.Network: ([sn.Affine(3, 3)],),
        sn.Residual: ([sn.Affine(3, 3)],),
    }
    net = sn.Network([kind(*given.get(kind, ()))], seed=0)
    back = sn.load(net.save(tmp_path / "net.npz"))
    assert repr(back) == repr(net)
    assert type(back.layers[0]) is kind
    kept = {name: value for name, value in vars(net.layers[0]).items() if isinstance(value, int | float | tuple)}
    kept.pop("seed", None)  # of a network in a network: never used
    assert {name: vars(back.layers[0])[name] for name in kept} == kept


# --- layers of one's own


class Counting(sn.Layer):
    """Remembers numbers and arrays in all the ways there are, and keeps its caches as the book does."""

    def __init__(self, n, labels=("a", "b"), scale=np.float32(2), **more):  # noqa: B008
        self.n, self.labels, self.scale = n, labels, scale
        self.x = None
        self.calls = 0
        self.mean = np.zeros(n)
        self.fixed = np.arange(n)
        self.recent = [0, 0]

    def start(self, rng):
        self.widest = None

    def forward(self, x):
        self.x = x
        if self.training:
            self.calls += 1
            self.mean = 0.9 * self.mean + 0.1 * x.mean(axis=0)
            self.widest = np.maximum(self.widest, x.max(axis=0)) if self.widest is not None else x.max(axis=0)
            self.recent = [len(x), self.recent[0]]
        return x

    def backward(self, dout):
        self.dx = dout
        return dout


class Counted(Counting):
    def __init__(self, n, labels=("a", "b"), scale=np.float32(2)):  # noqa: B008
        super().__init__(n, labels, scale)


def test_what_a_layer_of_ones_own_remembers(tmp_path):
    net = sn.Network([sn.Affine(784, 10), Counted(10, labels=("c",)), sn.Affine(10, 10)], seed=0)
    sn.Trainer(net, sn.SGD(0.01), batch_size=20).fit(digits()[0], steps=3, progress=False)
    before = net.layers[1]
    assert before.x is not None
    for back in (sn.load(net.save(tmp_path / "net.npz"), layers={"Counted": Counted}), pickle.loads(pickle.dumps(net))):
        layer = back.layers[1]
        assert (layer.labels, layer.calls, layer.recent, layer.x) == (("c",), 3, [20, 20], None)
        assert type(layer.scale) is np.float32
        assert "dx" not in vars(layer)
        for name in ("mean", "widest", "fixed"):
            assert vars(layer)[name].tobytes() == vars(before)[name].tobytes()
            assert vars(layer)[name].dtype == vars(before)[name].dtype
        assert_same(net, back)


class NotKept(sn.Layer):
    def __init__(self, n=3):
        self.f = self.parameter("f", (n,), sn.Ones())


class KeptOtherwise(sn.Layer):
    def __init__(self, n):
        self.n = 2 * n
        self.f = self.parameter("f", (self.n,), sn.Ones())


class Late(Sine):
    def late(self):
        self.as_built = {**self.as_built, "table": True}
        self.table = np.ones(3)
        return self


class Holding(sn.Layer):
    def __init__(self):
        self.inner = sn.Affine(3, 3)


class Many(sn.Layer):
    def __init__(self, *widths):
        self.widths = widths


class Any_(sn.Layer):
    def __init__(self, given):
        self.given = given


class Renamed(sn.Layer):
    pass


Twice = type("Renamed", (sn.Layer,), {})


@pytest.mark.parametrize(
    ("layers", "words"),
    [
        ([NotKept()], r"NotKept1 cannot be saved.* self\.n = n in NotKept\.__init__"),
        ([KeptOtherwise(3)], r"Network cannot be saved, since one built .* \(KeptOtherwise: f has shape \(12,\)"),
        ([Holding()], "Holding1 cannot be saved, since it holds a layer: derive Holding from Network"),
        ([Many(3)], r"Many1 cannot be saved: give Many\.__init__ arguments with names"),
        ([Any_(np.tanh)], "Any_1.given cannot be saved: it is the function tanh"),
        ([Any_(np.zeros(3))], "Any_1.given cannot be saved: it is of the class ndarray"),
        ([Any_({3})], "Any_1.given cannot be saved: it is of the class set"),
        ([Any_(json)], "Any_1.given cannot be saved"),
        ([Any_([{1: 2}])], r"Any_1.given\[0\] cannot be saved"),
        ([Any_(np.random.default_rng())], "Any_1.given cannot be saved: it is of the class Generator"),
        ([Any_(np.longdouble(1))], "Any_1.given"),
        ([Renamed(), Twice()], "two classes are called Renamed"),
        ([Counting(3)], "arguments with names"),
    ],
)
def test_what_cannot_be_described_is_refused(layers, words, tmp_path):
    with pytest.raises(sn.InputError, match=words) as error:
        sn.Network(layers, seed=0).save(tmp_path / "net.npz")
    assert "\n" not in str(error.value)
    assert not list(tmp_path.iterdir())


def test_a_dtype_that_differs_from_machine_to_machine(tmp_path):
    if np.dtype("longdouble") == np.float64:
        pytest.skip("here longdouble is float64")
    with pytest.raises(sn.InputError, match=r"Network\.dtype cannot be saved: it is \w+, but float16, float32, float64 are"):
        sn.mlp(784, [5], 10, dtype=np.longdouble).save(tmp_path / "net.npz")


def test_an_array_that_a_new_layer_lacks_is_refused(tmp_path):
    net = sn.Network([Late(3)], seed=0)
    net.layers[0].late()
    with pytest.raises(sn.InputError, match=r"Late1\.table cannot be saved, since a new Late has no such array"):
        net.save(tmp_path / "net.npz")


@dataclass
class Config:
    width: int
    rates: tuple[float, ...] = (0.1, float("inf"))


def test_plain_arguments_of_all_kinds(tmp_path):
    given = [
        None,
        True,
        3,
        -0.0,
        float("nan"),
        "γ",
        (1, (2,)),
        {"a": [1]},
        np.int8(3),
        np.dtype("f8"),
        sn.Tanh,
        Config(3),
        sn.He(),
    ]
    net = sn.Network([Any_(given)], seed=0)
    back = sn.load(net.save(tmp_path / "net.npz"), layers={"Any_": Any_, "Config": Config})
    assert repr(back.layers[0].given) == repr(given)
    assert [type(value) for value in back.layers[0].given] == [type(value) for value in given]


class Gated(sn.Residual):
    """A network of one's own, with a constructor of its own."""

    def __init__(self, width, seed=None):
        super().__init__([sn.Affine(width, width), sn.BatchNorm(width)], seed)
        self.width = width


def test_a_network_of_ones_own(tmp_path):
    net = trained(lambda: sn.Network([sn.Affine(784, 6), Gated(6), sn.Affine(6, 10)], seed=0))
    assert_same(net, sn.load(net.save(tmp_path / "net.npz"), layers={"Gated": Gated}))
    own = Gated(10, seed=3)
    back = sn.load(own.save(tmp_path / "own.npz"), layers={"Gated": Gated})
    assert type(back) is Gated
    assert repr(back) == repr(own)


def test_a_class_of_ones_own_must_be_given(tmp_path):
    path = NETWORKS["own layer"]().save(tmp_path / "net.npz")
    with pytest.raises(sn.InputError) as error:
        sn.load(path)
    assert str(error.value) == (
        f"{path} needs the class Sine, which is not scratchnet's: write sn.load('net.npz', layers={{'Sine': Sine}})"
    )
    with pytest.raises(sn.InputError, match=r"layers is .* classes by their names"):
        sn.load(path, layers=[Sine])
    with pytest.raises(sn.InputError, match="Sine cannot be made with the arguments in the file"):
        sn.load(path, layers={"Sine": sn.ReLU})


def test_a_class_that_has_changed(tmp_path):
    path = NETWORKS["own layer"]().save(tmp_path / "net.npz")

    class Wider(Sine):
        def __init__(self, n, init=sn.Ones()):
            super().__init__(n + 1, init)

    with pytest.raises(sn.InputError, match=r"Sine: f has shape \(13,\), but no array in the file has it"):
        sn.load(path, layers={"Sine": Wider})


def test_the_file_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    net = sn.mlp(5, [3], 2, seed=0)
    path = net.save(tmp_path / "net.npz")
    before = path.read_bytes()
    net.initialize(seed=1)

    def full(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.replace", full)
    with pytest.raises(sn.InputError, match=r"net\.npz cannot be written \(No space left on device\)"):
        net.save(path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]
