"""The same in PyTorch itself: modules at random, both ways, in training too; and what only it can show."""

import copy

import numpy as np
import pytest
from convert.test_from_torch import assert_close, ours, tolerance

import scratchnet as sn

torch = pytest.importorskip("torch", reason='PyTorch is not installed: pip install "scratchnet[torch]"')
from golden.make_torch_modules import MODULES, made  # noqa: E402
from torch import nn  # noqa: E402

torch.set_num_threads(1)  # the tests share the cores


def random_activation(rng, units):
    kinds = [nn.ReLU, nn.PReLU, nn.ELU, nn.SELU, nn.GELU, nn.SiLU, nn.Mish, nn.Softplus, nn.Softsign, nn.Sigmoid, nn.Tanh]
    kinds += [nn.Identity, lambda: nn.LeakyReLU(0.3), lambda: nn.Dropout(0.2), lambda: nn.PReLU(units)]
    return kinds[rng.integers(len(kinds))]()


def random_module(seed):
    """A Sequential of random layers in random order, for images or for rows, and the shape of its inputs."""
    rng = np.random.default_rng(seed)
    torch.manual_seed(seed)
    modules = []
    if rng.integers(3):
        channels, side = int(rng.integers(1, 4)), rng.integers(7, 10, 2)
        shape = (channels, *side.tolist())
        for _ in range(rng.integers(1, 4)):
            kind = rng.integers(4) if modules else 0
            if kind == 0:
                groups = channels if rng.integers(2) else 1
                n_out, size = groups * int(rng.integers(1, 4)), int(rng.integers(1, 4))
                stride, pad = int(rng.integers(1, 3)), int(rng.integers(size))
                modules.append(nn.Conv2d(channels, n_out, size, stride, pad, groups=groups, bias=bool(rng.integers(2))))
                channels, side = n_out, (side + 2 * pad - size) // stride + 1
            elif kind == 1 and min(side) >= 2:
                modules.append((nn.MaxPool2d if rng.integers(2) else nn.AvgPool2d)(2, int(rng.integers(1, 3))))
                side = (side - 2) // (modules[-1].stride) + 1
            elif kind == 2:
                modules.append(nn.BatchNorm2d(channels, eps=1e-3, momentum=0.25))
            modules.append(random_activation(rng, channels))
        modules.append(nn.Flatten())
        width = channels * int(side.prod())
    else:
        width = int(rng.integers(2, 8))
        shape = (width,)
    for _ in range(rng.integers(1, 4)):
        if rng.integers(2) and width > 1:
            modules.append((nn.BatchNorm1d if rng.integers(2) else nn.LayerNorm)(width))
        modules.append(random_activation(rng, width))
        n_out = int(rng.integers(2, 8))
        modules.append(nn.Linear(width, n_out, bias=bool(rng.integers(2))))
        width = n_out
    if rng.integers(2):
        cut = int(rng.integers(1, len(modules) + 1))
        modules = [nn.Sequential(*modules[:cut]), *modules[cut:]]
    module = nn.Sequential(*modules).double()
    with torch.no_grad():
        for name, tensor in module.state_dict().items():
            if not name.endswith("num_batches_tracked"):
                tensor.add_(torch.rand_like(tensor) * (1 if name.endswith("var") else 0.5))
    return module, shape


def computed(module, x, dout):
    """Scores, gradient of x, and gradients of the parameters by their names, of a module for x."""
    x = torch.tensor(x, requires_grad=True)
    state = copy.deepcopy(module.state_dict())
    module.zero_grad()
    scores = module(x)
    scores.backward(torch.tensor(dout))
    gradients = {name: one.grad.numpy() for name, one in module.named_parameters()}
    module.load_state_dict(state)  # a pass in training moves running statistics
    return {"scores": scores.detach().numpy(), "x": x.grad.numpy()} | gradients


def in_names_of(flat, arrays):
    """Arrays by the names of a module with Sequentials in it, by those of the same module without them, as `flat` is."""
    order = sorted({name.rpartition(".")[0] for name in arrays if "." in name}, key=path_numbers)
    numbers = [name for name, _ in flat.named_children() if list(flat[int(name)].parameters())]
    to = dict(zip(order, numbers, strict=True))
    return {
        f"{to[name.rpartition('.')[0]]}.{name.rpartition('.')[2]}" if "." in name else name: a for name, a in arrays.items()
    }


def path_numbers(path):
    return [int(number) for number in path.split(".")]


def no_dropout(module):
    for one in module.modules():
        if isinstance(one, nn.Dropout):
            one.p = 0.0
    return module


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("seed", range(40))
def test_modules_at_random_give_the_same_both_ways(seed, training):
    module, shape = random_module(seed)
    dtype = np.float64 if seed % 3 else np.float32
    module = no_dropout(module).to(torch.float64 if dtype == np.float64 else torch.float32).train(training)
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((4, *shape)).astype(dtype)
    net = sn.from_torch(module)
    back = net.to_torch().train(training)
    for (name, w, _), (_, other, _) in zip(net.parameters(), sn.from_torch(back).parameters(), strict=True):
        np.testing.assert_array_equal(w, other, err_msg=name)

    twin = net.twin(training)
    for _, layer in twin.walk():
        layer.needs_dx = True
    scores = twin.forward(ours(x))
    assert scores.dtype == dtype
    dout = rng.standard_normal(scores.shape).astype(dtype)
    dx = twin.backward(dout)
    gradients = in_pytorchs_order(net, {name: dw for name, _, dw in twin.parameters()})

    # Gradients have gone through the layers twice, and each time a normalization divides what rounding did by the spread of
    # a unit, which may be small. In float32 ours may be as far from the numbers of float64 as four times PyTorch's own.
    grown = 2 * np.prod([max(1, 1 / layer.std.min()) for layer in twin.layers if hasattr(layer, "std")]) ** 2
    found = {"scores": scores, "x": dx} | gradients
    theirs = computed(module, x, dout)
    from_back = computed(back, x, dout)
    exact = computed(copy.deepcopy(module).double(), x.astype(np.float64), dout.astype(np.float64))
    for one, computed_by in ((found, back), (from_back, back)):
        wanted = in_names_of(computed_by, exact)
        rounding = in_names_of(computed_by, theirs)
        for name, array in one.items():
            if name not in wanted:  # a bias that the module has not
                continue
            target = ours(wanted[name]) if name == "x" and one is found else wanted[name]
            atol = grown * tolerance(net, target) + 4 * np.abs(rounding[name] - wanted[name]).max()
            np.testing.assert_allclose(array, target, rtol=0, atol=atol, err_msg=name)


def in_pytorchs_order(net, gradients):
    """Gradients of a network by the names and in the order that its parameters have in PyTorch."""
    other = sn.from_torch(net.to_torch())
    for name, w, _ in other.parameters():
        w[...] = gradients[name]
    return {name: tensor.detach().numpy() for name, tensor in other.to_torch().named_parameters()}


@pytest.mark.parametrize("case", MODULES)
def test_the_golden_modules_are_known_as_modules_too(case):
    module, x, _ = made(case)
    image = MODULES[case][2]
    net = sn.from_torch(module, image)
    wanted = module(x).detach().numpy()
    assert_close(net, net.twin().forward(ours(x.detach().numpy())), ours(wanted))
    assert_close(net, net.to_torch(image).eval()(x).detach().numpy(), wanted)


NETWORKS = {
    "mlp": (lambda: sn.mlp(7, [5, 4], 3, seed=0, normalization=sn.BatchNorm, dropout=0.2), (7,), None),
    "mlp float64": (lambda: sn.mlp(7, [5], 3, sn.PReLU, seed=0, normalization=sn.LayerNorm, dtype=np.float64), (7,), None),
    "simple": (
        lambda: sn.simple_convnet(side=12, n_in=3, maps=4, hidden=6, n_out=3, init=sn.He(), seed=0),
        (12, 12, 3),
        None,
    ),
    "deep": (lambda: sn.deep_convnet((2, 3, 4), 6, seed=0), (28, 28, 1), None),
    "flattened": (lambda: sn.Network([sn.Flatten(), sn.Affine(60, 4)], seed=0), (5, 4, 3), (3, 5, 4)),
    "nested": (lambda: sn.Network([sn.Affine(7, 5), sn.Network([sn.ReLU(), sn.Affine(5, 5)]), sn.Affine(5, 2)]), (7,), None),
}


@pytest.mark.parametrize("case", NETWORKS)
def test_our_networks_give_the_same_in_pytorch(case):
    make, shape, image = NETWORKS[case]
    net = make()
    x = np.random.default_rng(0).standard_normal((20, *shape)).astype(net.dtype)
    if case == "mlp":
        net.forward(x)  # so that running statistics are not those of the start
    module = net.to_torch(image)
    theirs = torch.tensor(sn.channels_first(x) if x.ndim == 4 else x)
    wanted = net.twin().forward(x)
    assert_close(net, module.eval()(theirs).detach().numpy(), wanted)
    back = sn.from_torch(module, image)
    for (name, w, _), (_, other, _) in zip(net.parameters(), back.parameters(), strict=True):
        np.testing.assert_array_equal(w, other, err_msg=name)
    assert_close(net, back.twin().forward(x), wanted)


def test_running_statistics_go_on_as_they_say():
    module = nn.Sequential(nn.BatchNorm1d(3, momentum=0.3)).double()
    net = sn.from_torch(module)
    assert net.layers[0].momentum == 0.7 and net.to_torch()[0].momentum == 0.3
    x = np.random.default_rng(0).standard_normal((6, 3))
    net.forward(x)
    module(torch.tensor(x))
    mean, var = module[0].running_mean.numpy(), module[0].running_var.numpy()
    np.testing.assert_allclose(net.layers[0].running_mean, mean, rtol=1e-14)
    np.testing.assert_allclose(net.layers[0].running_var - 0.7, (var - 0.7) * 5 / 6, rtol=1e-13)


def test_arrays_are_copies():
    module = nn.Sequential(nn.BatchNorm1d(3), nn.Linear(3, 2))
    net = sn.from_torch(module)
    back = net.to_torch()
    before = [w.copy() for _, w, _ in net.parameters()] + [net.layers[0].running_mean.copy()]
    with torch.no_grad():
        for one in (module, back):
            for tensor in one.state_dict().values():
                tensor.add_(1)
    for w, old in zip([*(w for _, w, _ in net.parameters()), net.layers[0].running_mean], before, strict=True):
        np.testing.assert_array_equal(w, old)


def test_a_module_that_is_made_can_be_trained_and_draws_no_random_numbers():
    torch.manual_seed(0)
    before = torch.get_rng_state()
    module = sn.mlp(7, [5], 3, seed=0, normalization=sn.BatchNorm).to_torch()
    assert torch.equal(before, torch.get_rng_state())
    assert module.training and all(one.requires_grad for one in module.parameters())
    optimizer = torch.optim.SGD(module.parameters(), 0.1)
    x, t = torch.randn(20, 7), torch.arange(20) % 3
    losses = []
    for _ in range(20):
        loss = nn.functional.cross_entropy(module(x), t)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0]
    assert module[1].num_batches_tracked == 20


def test_one_activation_in_two_places_is_two_layers():
    relu = nn.ReLU()
    net = sn.from_torch(nn.Sequential(nn.Linear(3, 3), relu, nn.Linear(3, 3), relu))
    assert net.names == ["Affine1", "ReLU1", "Affine2", "ReLU2"]


def test_a_state_dict_of_any_module_goes_into_a_network_like_it():
    class Own(nn.Module):
        def __init__(self):
            super().__init__()
            self.features = nn.Sequential(nn.Conv2d(2, 3, 3, bias=False), nn.BatchNorm2d(3))
            self.head = nn.Linear(3 * 3 * 2, 4)

        def forward(self, x):
            return self.head(torch.relu(self.features(x)).flatten(1))

    module = Own().eval()
    like = [sn.Convolution(2, 3, 3), sn.BatchNorm(3), sn.ReLU(), sn.Flatten(), sn.Affine(18, 4)]
    x = torch.randn(4, 2, 5, 4)
    for given_module in (module.state_dict(), module):
        net = sn.from_torch(given_module, like=sn.Network(like, seed=0))
        wanted = module(x).detach().numpy()
        assert_close(net, net.twin().forward(ours(x.numpy())), wanted)


def test_softplus_beyond_its_threshold_is_off_by_what_is_said():
    net = sn.from_torch(nn.Sequential(nn.Softplus()))
    x = np.linspace(-30, 60, 901)[:, None]
    net = sn.Network(net.layers, dtype=np.float64)
    off = np.abs(net.forward(x) - nn.Softplus()(torch.tensor(x)).numpy())
    assert 1e-9 < off.max() < 2.1e-9
    np.testing.assert_allclose(net.forward(x), net.to_torch()(torch.tensor(x)).numpy(), rtol=1e-14)


class OwnModule(nn.Module):
    def forward(self, x):
        return x


class OwnSequential(nn.Sequential):
    def forward(self, x):
        return 2 * super().forward(x)


class OwnLinear(nn.Linear):
    def forward(self, x):
        return 2 * super().forward(x)


def tied():
    first, second = nn.Linear(3, 3), nn.Linear(3, 3)
    second.weight = first.weight
    return nn.Sequential(first, nn.ReLU(), second)


def hooked():
    module = nn.Sequential(nn.Linear(3, 3))
    module[0].register_forward_hook(lambda module, x, out: 2 * out)
    return module


WRONG = {
    "1.0: ConvTranspose2d is not known": lambda: nn.Sequential(nn.ReLU(), nn.Sequential(nn.ConvTranspose2d(2, 2, 3))),
    "1: OwnModule is not known": lambda: nn.Sequential(nn.ReLU(), OwnModule()),
    "OwnModule: OwnModule is not known": OwnModule,
    "OwnSequential: OwnSequential is not known .* the nn.Sequential in it": lambda: OwnSequential(nn.ReLU()),
    "0: OwnLinear is not known": lambda: nn.Sequential(OwnLinear(2, 2)),
    "2: LogSoftmax .* leave it out": lambda: nn.Sequential(nn.Linear(2, 2), nn.ReLU(), nn.LogSoftmax(1)),
    "0 and 2 share a parameter": tied,
    "0: Linear has hooks": hooked,
    "0: weight holds float16": lambda: nn.Sequential(nn.Linear(2, 2)).half(),
    "0: weight cannot be made an array, being torch.bfloat16": lambda: nn.Sequential(nn.Linear(2, 2)).bfloat16(),
    "0: weight cannot be made an array, .* meta": lambda: nn.Sequential(nn.Linear(2, 2, device="meta")),
    "the module has arrays of float32 and of float64": lambda: nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2).double()),
    "0: LazyLinear is not known": lambda: nn.Sequential(nn.LazyLinear(2)),
    "0: AvgPool2d with padding=1": lambda: nn.Sequential(nn.AvgPool2d(3, padding=1)),
    "0: n_in is 0": lambda: nn.Sequential(nn.Linear(0, 2)),
    "the network has no layers": nn.Sequential,
    "module_or_state_dict is 'model.pt'": lambda: "model.pt",
}


@pytest.mark.filterwarnings("ignore:Initializing zero-element tensors")
@pytest.mark.parametrize("sentence", WRONG)
def test_a_module_that_is_not_known_is_refused_in_a_sentence(sentence):
    with pytest.raises(sn.InputError, match=f"^{sentence}") as caught:
        sn.from_torch(WRONG[sentence]())
    assert len(str(caught.value)) < 300 and "\n" not in str(caught.value)


def test_what_from_torch_says_of_weight_norm_is_right():
    module = nn.Sequential(nn.utils.parametrizations.weight_norm(nn.Linear(3, 2)))
    with pytest.raises(sn.InputError, match="0: ParametrizedLinear is not known"):
        sn.from_torch(module)
    nn.utils.parametrize.remove_parametrizations(module[0], "weight")
    sn.from_torch(module)
