"""scratchnet: Trainer.step on a batch of the data set, as Trainer.fit calls it."""

from workloads import Train, Workload

import scratchnet as sn
from scratchnet.support.quiet import no_warnings


def build(workload: Workload) -> Train:
    data = workload.data()
    batches = workload.batches()
    trainer = sn.Trainer(workload.network(), getattr(sn, workload.optimizer)(workload.lr), batch_size=workload.batch)

    def train(steps: range) -> list[float]:
        with no_warnings():  # once for all steps, as in fit
            return [trainer.step(*data[batches[i]]) for i in steps]

    return train
