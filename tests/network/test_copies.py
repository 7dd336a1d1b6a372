"""Copies and pickles of a network have all that lasts, and no caches."""

import copy
import pickle

from networks import NETWORKS, assert_same, data_for, each_network, trained
from small import digits

import scratchnet as sn


@each_network
def test_a_pickle_has_no_caches(make):
    net = make()
    fresh = len(pickle.dumps(net))
    sn.Trainer(net, sn.SGD(0.01), batch_size=200).fit(data_for(net)[0], steps=2, progress=False)
    after = pickle.dumps(net)
    weights = sum(w.nbytes for _, w, _ in net.parameters())
    assert len(after) < fresh + 1000
    assert len(after) < weights + 20_000
    assert_same(net, pickle.loads(after))
    assert_same(net, copy.deepcopy(net))


def test_a_copy_trains_on_as_the_network_itself():
    train = digits()[0]
    net = trained(NETWORKS["branches"])
    others = [copy.deepcopy(net), pickle.loads(pickle.dumps(net))]
    losses = [sn.Trainer(one, sn.Adam(), batch_size=20).fit(train, steps=5, progress=False).loss for one in (net, *others)]
    assert losses[0] == losses[1] == losses[2]


def test_a_number_that_is_set_later_lasts(tmp_path):
    net = trained(NETWORKS["mlp"])
    net.layers[2].temperature = 0.5
    for back in (copy.deepcopy(net), sn.load(net.save(tmp_path / "net.npz"))):
        assert back.layers[2].temperature == 0.5
    assert net.twin().layers[2].temperature == 0.5
