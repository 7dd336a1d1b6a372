"""A case of the corpus: something right or wrong, what is wrong with it, and the words that name it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import scratchnet as sn

CHECKS: dict[str, Callable[..., Any]] = {
    "layer": sn.check_layer,
    "activation": sn.check_activation,
    "loss": sn.check_loss,
    "optimizer": sn.check_optimizer,
    "initializer": sn.check_initializer,
}
UNNAMED = {"other", "wrong-factor", "wrong-size", "raises", "not-finite", "wrong-shape"}  # no name, but no wrong one either


@dataclass(frozen=True)
class Case:
    """`words` are the diagnoses that name what is wrong; a right one has none."""

    kind: str
    group: str
    what: str
    subject: Any
    words: tuple[str, ...] = ()
    arguments: tuple[Any, ...] = ()
    more: dict[str, Any] = field(default_factory=dict)

    def report(self):
        return CHECKS[self.kind](self.subject, *self.arguments, **self.more)


@dataclass
class Table:
    """The cases of one kind, in groups."""

    kind: str
    cases: list[Case] = field(default_factory=list)
    group: str = ""

    def wrong(self, what, words, subject, *arguments, **more):
        self.cases.append(Case(self.kind, self.group, what, subject, tuple(words.split()), arguments, more))

    def right(self, what, subject, *arguments, **more):
        self.cases.append(Case(self.kind, self.group, what, subject, (), arguments, more))
