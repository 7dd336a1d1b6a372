"""How soon does a fresh process give its first result, and with how much memory? scratchnet, PyTorch, JAX, NumPy alone.

    python benchmarks/cold_start.py [--rounds 9] [--out DIR]

The bare import: `import numpy`, `import scratchnet`, `import torch`, `import jax`. And the first step: import, read MNIST,
build 784-100×4-10, train one step on a batch of 128, print its loss. Time is from the start of the process to
that line, as the parent sees it; what the interpreter needs without importing anything is shown as well. Each program is as
one would write it; the peers read the four files with gzip, without the hashes that scratchnet verifies. They run in
turn, round after round; ratios are medians of the ratios within a round. The files are in the system's cache after the
first, untimed, round.
"""

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from time import perf_counter

from harness import Report, as_markdown, describe, in_turn, machine, median_ratio, parser, save

from scratchnet.support.tables import Table

MNIST = Path(__file__).resolve().parents[1] / "datasets" / "mnist"
READ = f"""
import gzip, pathlib
def read(name, header):
    return bytearray(gzip.decompress((pathlib.Path({str(MNIST)!r}) / f"{{name}}-ubyte.gz").read_bytes())[header:])
train, train_t = read("train-images-idx3", 16), read("train-labels-idx1", 8)
test, test_t = read("t10k-images-idx3", 16), read("t10k-labels-idx1", 8)
"""
SCRATCHNET = """
import scratchnet as sn
train, test = sn.load_mnist()
trainer = sn.Trainer(sn.mlp(784, [100] * 4, 10, seed=0), sn.SGD(0.01), batch_size=128)
print(trainer.step(*train[:128]), flush=True)
"""
PYTORCH = f"""
import torch
from torch import nn
{READ}
images, labels = torch.frombuffer(train, dtype=torch.uint8).reshape(-1, 784), torch.frombuffer(train_t, dtype=torch.uint8)
widths = [784, 100, 100, 100, 100, 10]
layers = [layer for n, m in zip(widths, widths[1:]) for layer in (nn.Linear(n, m), nn.ReLU())]
net = nn.Sequential(*layers[:-1])
optimizer = torch.optim.SGD(net.parameters(), 0.01)
loss = nn.functional.cross_entropy(net(images[:128].float().mul_(1 / 255)), labels[:128].long())
loss.backward()
optimizer.step()
print(loss.item(), flush=True)
"""
JAX = f"""
import jax, jax.numpy as jnp, numpy as np
{READ}
images, labels = np.frombuffer(train, np.uint8).reshape(-1, 784), np.frombuffer(train_t, np.uint8)
widths = [784, 100, 100, 100, 100, 10]
rng = np.random.default_rng(0)
params = [(rng.standard_normal((n, m), np.float32) * np.float32((2 / n) ** 0.5), np.zeros(m, np.float32))
          for n, m in zip(widths, widths[1:])]
def mean_loss(params, x, t):
    for W, b in params[:-1]:
        x = jax.nn.relu(x @ W + b)
    scores = x @ params[-1][0] + params[-1][1]
    return jnp.mean(jax.nn.logsumexp(scores, axis=1) - jnp.take_along_axis(scores, t[:, None], axis=1)[:, 0])
@jax.jit
def step(params, images, t):
    loss, grads = jax.value_and_grad(mean_loss)(params, images.astype(jnp.float32) * (1 / 255), t)
    return jax.tree.map(lambda w, dw: w - 0.01 * dw, params, grads), loss
params, loss = step(params, images[:128], labels[:128].astype(np.int32))
print(float(loss), flush=True)
"""
PROGRAMS = {
    "interpreter alone": ("sys", "print(flush=True)"),
    "import numpy": ("numpy", "import numpy; print(flush=True)"),
    "import scratchnet": ("scratchnet", "import scratchnet; print(flush=True)"),
    "import torch": ("torch", "import torch; print(flush=True)"),
    "import jax": ("jax", "import jax; print(flush=True)"),
    "first step: scratchnet": ("scratchnet", SCRATCHNET),
    "first step: pytorch": ("torch", PYTORCH),
    "first step: jax": ("jax", JAX),
}
RATIOS = [
    ("import scratchnet", "import numpy"),
    ("import torch", "import scratchnet"),
    ("import jax", "import scratchnet"),
    ("first step: pytorch", "first step: scratchnet"),
    ("first step: jax", "first step: scratchnet"),
]


def run(program: str) -> Report:
    """Seconds to the program's first line, and its peak of memory then."""
    report = f"\nimport sys; sys.path.insert(0, {str(Path(__file__).parent)!r})\nimport memory; print(memory.peak_mb())"
    start = perf_counter()
    process = subprocess.Popen([sys.executable, "-c", program + report], stdout=subprocess.PIPE, text=True)
    assert process.stdout
    process.stdout.readline()
    seconds = perf_counter() - start
    memory = process.communicate()[0]
    if process.returncode:
        raise SystemExit("a program failed: see above")
    return {"seconds": seconds, "mb": float(memory)}


def main() -> None:
    args = parser(__doc__, rounds=9).parse_args()
    present = [name for name, (package, _) in PROGRAMS.items() if find_spec(package)]
    about = machine()
    print(describe(about), *(f"{name}: not installed, skipped" for name in PROGRAMS if name not in present), sep="\n")
    for name in present:
        run(PROGRAMS[name][1])
    turns = [(i, name) for i in range(args.rounds) for name in present]
    reports = [{"round": i, "program": name, **run(PROGRAMS[name][1])} for i, name in in_turn(turns)]

    def of(name: str, key: str) -> list[float]:
        return [report[key] for report in reports if report["program"] == name]

    summary = {name: {key: median(of(name, key)) for key in ("seconds", "mb")} for name in present}
    times = Table(
        ["fresh process", "seconds", "least – most", "peak MB"],
        [
            [
                name,
                f"{summary[name]['seconds']:.3f}",
                f"{min(of(name, 'seconds')):.3f} – {max(of(name, 'seconds')):.3f}",
                f"{summary[name]['mb']:.0f}",
            ]
            for name in present
        ],
    )
    compared = [(a, b) for a, b in RATIOS if a in present and b in present]
    ratios = {f"{a} / {b}": {key: median_ratio(of(a, key), of(b, key)) for key in ("seconds", "mb")} for a, b in compared}
    beside = Table(
        ["ratios", "time", "memory"], [[name, f"{r['seconds']:.2f}", f"{r['mb']:.2f}"] for name, r in ratios.items()]
    )
    print("", times, "", beside, sep="\n")
    content = {"machine": about, "rounds": args.rounds, "summary": summary, "ratios": ratios, "reports": reports}
    save(args.out, "cold_start", content, as_markdown(times) + "\n" + as_markdown(beside))


if __name__ == "__main__":
    main()
