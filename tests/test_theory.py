"""The predicted spread against what measure_spread finds in drawn networks.

Squares are means over networks, so the squares that are measured in some tens of networks are averaged. They may be off by
four standard errors of that mean, and by what the theory of wide layers leaves out: `OWN` says how much of a root.
"""

import functools
import math

import numpy as np
import pytest
from scipy import integrate, stats

import scratchnet as sn

SEEDS, ROWS, INPUTS, CLASSES, WIDTH = 30, 50, 40, 6, 100
OWN = {"std": 0.02, "within_std": 0.02, "rms": 0.02, "grad_rms": 0.1, "dw_rms": 0.25}


def batch(*shape):
    """Positive inputs that share a pattern, as images do, and those of one class a bit more."""
    rng = np.random.default_rng(0)
    t = rng.integers(0, CLASSES, ROWS)
    patterns = rng.random((CLASSES, *shape))
    x = 0.5 * rng.random(shape) + 0.4 * patterns[t] + 0.6 * rng.random((ROWS, *shape))
    return x * rng.uniform(0.6, 1.4, (ROWS, *[1] * len(shape))), t


def hidden(depth, kind, init, *norms, bias=sn.Zeros(), n_in=INPUTS):  # noqa: B008
    layers = []
    for layer in range(depth):
        layers += [sn.Affine(WIDTH if layer else n_in, WIDTH, init, bias), *(norm(WIDTH) for norm in norms), kind()]
    return layers


def scores(init=sn.LeCun(), n_in=WIDTH):  # noqa: B008
    return sn.Affine(n_in, CLASSES, init)


def block(*first):
    inner = sn.Affine(WIDTH, 2 * WIDTH, sn.He()), sn.ReLU(), sn.Affine(2 * WIDTH, WIDTH, sn.LeCun())
    return sn.Residual([*first, *inner])


def stem():
    return sn.Affine(INPUTS, WIDTH, sn.LeCun(), sn.Normal(0.1))


NETS = {
    "ReLU, He": lambda: [*hidden(3, sn.ReLU, sn.He()), scores()],
    "tanh, biases": lambda: [*hidden(3, sn.Tanh, sn.LeCun(), bias=sn.Normal(0.4)), scores()],
    "sigmoid": lambda: [*hidden(3, sn.Sigmoid, sn.LeCun()), scores()],
    "tanh that saturates": lambda: [*hidden(2, sn.Tanh, 1.0), scores(0.05)],
    "GELU, PyTorch": lambda: [*hidden(3, sn.GELU, sn.TorchDefault(), bias=sn.TorchDefault()), scores()],
    "orthogonal": lambda: [*hidden(3, sn.Tanh, sn.Orthogonal(1.2)), scores()],
    "fan out": lambda: [sn.Affine(INPUTS, 200, sn.Xavier()), sn.Tanh(), sn.Affine(200, 60, sn.Xavier()), sn.Tanh(), scores(n_in=60)],
    "constant bias": lambda: [*hidden(3, sn.Tanh, sn.LeCun(), bias=sn.Constant(0.3)), scores()],
    "ReLU, constant bias": lambda: [*hidden(2, sn.ReLU, sn.He(), bias=sn.Constant(0.1)), scores()],
    "PReLU": lambda: [*hidden(2, lambda: sn.PReLU(WIDTH), sn.He()), scores()],
    "dropout": lambda: [*hidden(1, sn.ReLU, sn.He()), sn.Dropout(0.4), *hidden(1, sn.ReLU, sn.He(), n_in=WIDTH), scores()],
    "batch norm": lambda: [*hidden(3, sn.ReLU, sn.He(), sn.BatchNorm), scores()],
    "layer norm": lambda: [*hidden(3, sn.ReLU, sn.Normal(0.05), sn.LayerNorm), scores()],
    "layer norm behind": lambda: [*hidden(1, sn.ReLU, sn.He()), sn.LayerNorm(WIDTH), scores()],
    "residual": lambda: [stem(), block(), block(), scores()],
    "residual, normed": lambda: [stem(), block(sn.LayerNorm(WIDTH)), block(sn.LayerNorm(WIDTH)), scores()],
    "residual, batch norm": lambda: [stem(), block(sn.BatchNorm(WIDTH)), block(sn.BatchNorm(WIDTH)), scores()],
    "nested": lambda: [sn.Network(hidden(1, sn.ReLU, sn.He())), sn.Network(hidden(1, sn.Tanh, sn.LeCun(), n_in=WIDTH)), scores()],
    "convolution": lambda: [
        *(sn.Convolution(4, 60, 3, pad=1, init=sn.He()), sn.ReLU(), sn.Convolution(60, 40, 3, 2, 1, 4, sn.He(), sn.Normal(0.2))),
        *(sn.Tanh(), sn.Flatten(), sn.Affine(4 * 3 * 40, 50, sn.LeCun()), sn.Tanh(), scores(n_in=50)),
    ],
}
IMAGES = {"convolution": (7, 5, 4)}


@functools.cache
def both(case, seeds=SEEDS):
    """(predicted, measured in so many networks)"""
    x, t = batch(*IMAGES.get(case, (INPUTS,)))
    nets = [sn.Network(NETS[case](), seed) for seed in range(seeds)]
    return sn.predict_spread(nets[0], x, t), [sn.measure_spread(net, x, t) for net in nets]


def mean_and_error(values):
    return np.mean(values), np.std(values, ddof=1) / math.sqrt(len(values))


if __name__ == "__main__":
    import sys, time
    for case in NETS:
        t0=time.time(); p,m=both(case); t1=time.time()-t0
        print("==", case, "%.2f s"%t1, p.notes)
        for l in p.layers:
            out=[]
            for q in ("std","within_std","rms","grad_rms","dw_rms"):
                a=getattr(l,q)
                if a:
                    mm,e=mean_and_error([getattr(s[l.name],q)**2 for s in m])
                    out.append("%s %+.3f(%.3f)"%(q[:6],a/math.sqrt(mm)-1,e/mm/2))
            for q in ("mean","correlation","rank","dead","zero","saturated","update_ratio"):
                a=getattr(l,q)
                if a is not None and all(getattr(s[l.name],q) is not None for s in m):
                    mm,e=mean_and_error([getattr(s[l.name],q) for s in m])
                    out.append("%s %.3g|%.3g(%.2g)"%(q[:4],a,mm,e))
            print(l.name,*out)
        mm,e=mean_and_error([s.first_loss for s in m]); print("loss",p.first_loss,mm,e)
        if p.jacobian:
            mm,e=mean_and_error([s.jacobian.rms**2 for s in m]); print("jac",p.jacobian.rms/math.sqrt(mm)-1,e/mm/2)
