"""What can a function do that sees the trainer after each step? Find a learning rate, stop early, and fill a logbook.

1,000 training images, 1,000 others for validation, 784–100×2–10 with He. The first training raises its learning rate by 5 %
after each step, until the loss is four times its least (Smith 2017): a tenth of the rate where it was least is a good one.
The second trains with that, and stops once the validation loss has not fallen for `patience` epochs. A logbook is
log=logbook(torch.utils.tensorboard.SummaryWriter().add_scalar), or log=lambda trainer: wandb.log({"loss": trainer.loss}).
"""

from typing import Any

import numpy as np

import scratchnet as sn
from scratchnet import plots


def logbook(add: Any) -> Any:
    return lambda trainer: add("loss", trainer.loss, trainer.steps)


def main(steps: int = 300, epochs: int = 300, patience: int = 5, log: Any = (), stem: str = "callbacks") -> None:
    (train, test), best, rates = sn.load_mnist(), dict[str, Any](), list[float]()
    few, others = train[:1000], train[1000:2000]

    def raise_lr(trainer: sn.Trainer) -> None:
        rates.append(trainer.optimizer.lr)
        trainer.optimizer.lr *= 1.05
        if trainer.loss > 4 * min(trainer.history.loss):
            trainer.stop()

    def stop_early(trainer: sn.Trainer) -> None:
        losses = trainer.history.validation_loss
        if losses[-1] == min(losses):
            best.update(trainer.net.state())
        if len(losses) - np.argmin(losses) > patience:
            trainer.stop()

    finder, net = (sn.mlp(784, [100] * 2, 10, seed=0) for _ in range(2))
    losses = sn.Trainer(finder, sn.SGD(1e-4)).fit(few, steps, on_step=raise_lr).loss
    lr = rates[int(np.argmin(losses))] / 10
    history = sn.Trainer(net, sn.SGD(lr)).fit(few, epochs=epochs, validation=others, on_step=log, on_epoch=stop_early)
    epochs, at, last = len(history.train_loss), 1 + int(np.argmin(history.validation_loss)), net.accuracy(*test)
    net.restore(best)
    print(f"test accuracy {net.accuracy(*test):.4f} after epoch {at}, the best; {last:.4f} after epoch {epochs}, the last")
    left, right = (figure := plots.new_figure(10, 4, None)).subplots(1, 2)
    left.loglog(rates, losses, **plots.style(0))
    left.set(xlabel="learning rate, raised after each step", ylabel="loss", title=f"a tenth of the best: {lr:.2g}")
    for i, name in enumerate(("train_loss", "validation_loss")):
        right.plot(np.arange(1, epochs + 1), history.measured[name], label=name.replace("_", " "), **plots.style(i))
    right.set(xlabel="epoch", ylabel="loss", title=f"the best epoch: {at}")
    for axes, place in ((left, lr), (right, at)):
        axes.axvline(place, color="black", linestyle=":")
    right.legend()
    plots.save(figure, stem)
    print(f"saved {stem}.png and {stem}.svg")


if __name__ == "__main__":
    main()
