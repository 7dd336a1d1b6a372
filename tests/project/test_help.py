"""What `help()` and a notebook show of the public names: short signatures, and reprs that say what a thing is."""

import functools
import inspect
import re

import numpy as np
from small import made_up

import scratchnet as sn
from scratchnet import plots

LONGEST_ANNOTATION = 60
LONGEST_REPR = 500
INTERNAL = re.compile(r"scratchnet\.|collections\.|typing\.|numpy\.|pathlib\.|concurrent\.")


def public(name, thing):
    """The thing itself, and for a class its methods."""
    yield name, thing
    if inspect.isclass(thing):
        for method in dir(thing):
            found = getattr(thing, method)
            if not method.startswith("_") and callable(found):
                yield f"{name}.{method}", found


FUNCTIONS = dict(
    one for space in (sn, plots) for name in space.__all__ for one in public(name, getattr(space, name)) if callable(one[1])
)


def signature(thing):
    try:
        return inspect.signature(thing)
    except ValueError:  # of an exception, which has none
        return inspect.Signature()


def test_signatures_are_written_as_a_person_writes_them():
    wrong = {}
    for name, thing in FUNCTIONS.items():
        if not (getattr(inspect.unwrap(thing), "__module__", None) or "").startswith("scratchnet."):
            continue
        given = signature(thing)
        for where, annotation in [
            *((p.name, p.annotation) for p in given.parameters.values()),
            ("→", given.return_annotation),
        ]:
            text = "" if annotation is inspect.Signature.empty else inspect.formatannotation(annotation)
            if len(text) > LONGEST_ANNOTATION or INTERNAL.search(text):
                wrong[f"{name} {where}"] = text
    assert not wrong and len(FUNCTIONS) > 300


def test_no_default_is_a_table_or_a_lambda():
    found = {
        f"{name} {parameter.name}": repr(parameter.default)
        for name, thing in FUNCTIONS.items()
        for parameter in signature(thing).parameters.values()
        if "<lambda>" in repr(parameter.default) or len(repr(parameter.default)) > 60
    }
    assert set(found) <= {"Comparison.write show_table"}


class Own:
    """A callable without a repr of its own."""

    def __call__(self, shape, *_):
        return 0.1 if isinstance(shape, int) else np.full(shape, 0.1)


def own(shape, fans, rng):
    return 0.1 * rng.standard_normal(shape)


@functools.cache
def values():
    """One object, or more, of each public class, and of what the public functions return."""
    train, test = (sn.Dataset(images.reshape(len(t), -1), t) for images, t in (made_up(60, 1), made_up(20, 2)))
    x, t = train[:20]
    net = sn.mlp(36, [100] * 4, 4, seed=0)
    trainer = sn.Trainer(net, sn.SGD(Own()), batch_size=10)
    history = trainer.fit(train, steps=3, test=test, progress=False)
    watch = sn.watch()
    watch(loss=1.0, h1=x)
    inits = {f"a label of some length, the {i}th of many": own for i in range(20)}
    optimizer = sn.SGD(lambda step: 0.1, hooks=[sn.ClipNorm(1.0)])
    result = sn.compare(
        inits, data=(train, test), hidden=[3], steps=1, seeds=2, batch_size=8, optimizer=optimizer, progress=False
    )
    measured, predicted = sn.measure_spread(net, x, t), sn.predict_spread(net, x, t)
    report = sn.check_layer(sn.Affine(7, 3), (4, 7))
    made = [
        *(
            net,
            trainer,
            history,
            watch,
            train,
            result,
            result.runs[0],
            result.results[0],
            result.difference(*list(inits)[:2]),
        ),
        *(measured, predicted, measured.layers[1], measured.jacobian, measured.layers[1].histogram, sn.Spread([])),
        *(report, report.findings[0], sn.check_gradient(sn.Tanh(), np.ones((2, 3)))),
        *(sn.PReLU(init=own), sn.PReLU(init=Own()), sn.Affine(3, 2, init=Own()), sn.VarianceScaling(1.0, "in", Own())),
        *(sn.Critical(lambda: sn.LeakyReLU(0.2)), sn.He(own), sn.Adam(Own()), sn.Warmup(0.1, 3), sn.MeanField(sn.Tanh)),
        *(sn.adapt(sn.ReLU)(), sn.LSUV(), sn.Fans(3, 2), sn.InputError("a sentence"), sn.CheckFailed("a sentence")),
        *(
            sn.Residual([sn.ReLU()]),
            sn.Network([sn.Flatten(), sn.Affine(3, 2)], seed=0),
            sn.numerical_gradient(np.sum, np.ones(2)),
        ),
        *(sn.Convolution(1, 2, 3), sn.MaxPool(2), sn.BatchNorm(3), sn.Dropout(0.5), sn.WeightDecay(0.1), sn.Xavier()),
    ]
    for name in sn.__all__:
        kind = getattr(sn, name)
        if inspect.isclass(kind) and not any(type(one) is kind for one in made):
            arguments = ARGUMENTS.get(name, ())
            made.append(kind(*arguments))
    return made


ARGUMENTS = {
    **dict.fromkeys(["Constant", "Normal", "Uniform", "TruncatedNormal", "ClipNorm", "TorchSparse"], (0.1,)),
    **{"AveragePool": (2,), "Cosine": (0.1, 5), "ExponentialDecay": (0.1, 5.0), "LayerNorm": (3,), "StepDecay": (0.1, 5)},
    **{
        "ExactGain": (sn.Tanh,),
        "Sparse": (1,),
        "Scale": (1.0,),
        "UniformBetween": (0.0, 1.0),
        "LayerSpread": ("h1",),
        "Jacobian": (1.0,),
    },
}


def test_each_public_class_is_among_the_values():
    kinds = {getattr(sn, name) for name in sn.__all__ if inspect.isclass(getattr(sn, name))}
    assert kinds <= {type(value) for value in values()}


def test_no_repr_holds_an_address_or_is_long():
    for value in values():
        text = repr(value)
        assert " at 0x" not in text, text
        assert len(text) <= LONGEST_REPR and len(text.splitlines()) <= 12, text


def test_a_repr_says_what_it_is():
    texts = "\n".join(map(repr, values()))
    for words in (
        "<History: 3 steps, loss ",
        "<Trainer: SGD(lr=",
        "<Spread: 9 layers, measured, first loss ",
        "<Spread: 9 layers, predicted, first loss ",
        "<Spread: 0 layers, measured>",
        "LayerSpread('ReLU1', mean=0.",
        "<Comparison: 40 runs; mean test accuracy, the best first:",
        "  and 13 more>",
        "<Report: Affine(7, 3), right in all ",
        "<GradientReport: Tanh(), right in dx>",
        "<Watch: 1 steps, spread measured at 1 of them>",
        "SoftmaxCrossEntropy()",
        "MeanField(Tanh)",
    ):
        assert words in texts, words


def test_what_prints_as_a_table_is_a_table_in_a_notebook():
    with_tables = [value for value in values() if hasattr(value, "table") and getattr(value, "layers", True)]
    assert len(with_tables) >= 6
    for value in with_tables:
        assert value._repr_html_().startswith("<table>") and str(value) == str(value.table())
