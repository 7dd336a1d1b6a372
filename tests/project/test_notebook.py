"""A notebook, executed as its reader would: what each cell shows."""

import pytest
from small import write_idx_folder

nbformat = pytest.importorskip("nbformat")
nbclient = pytest.importorskip("nbclient")

SMALL = "hidden=[5], steps=40, seeds=1, batch_size=16"
CELLS = {
    "start": "import scratchnet as sn, sys\ntrain, test = data = sn.load_idx('idx')",
    "a figure": "sn.plots.loss_curves({'He': [[2.0, 1.0, 0.5]]})",
    "without widgets": f"sys.modules['ipywidgets'] = None\nresult = sn.compare([sn.He()], data=data, {SMALL})",
    "fit without widgets": "net = sn.mlp(36, [5], 4, seed=0)\nhistory = sn.Trainer(net, sn.SGD(0.1)).fit(train, steps=20)",
    "with widgets": f"del sys.modules['ipywidgets']\nresult = sn.compare([sn.He()], data=data, {SMALL})",
    "fit with widgets": "history = sn.Trainer(net, sn.SGD(0.1)).fit(train, steps=20)",
    "a result": "result",
    "a history": "history",
    "a spread": "result.results[0].before",
    "a network": "net",
    "the figure of a result": "result.plot()",
    "the figure of a history": "history.plot()",
    "the figure of a spread": "result.results[0].before.plot()",
    "a frame": "result.to_frame()",
    "inline": "%matplotlib inline",
    "a figure, inline": "sn.plots.loss_curves({'He': [[2.0, 1.0, 0.5]]})",
    "a figure that nobody returns": "figure = history.plot()",
    "classes of its own": "class Mine(sn.ReLU):\n    pass\n"
    f"own = sn.compare([sn.He()], data=data, activation=[Mine, lambda: sn.Tanh()], jobs=2, progress=False, {SMALL})\n"
    "[run.diverged for run in own.results]",
    "the command": "from scratchnet.cli.main import main\nimport os\nprint(os.environ['MPLBACKEND'])\n"
    "main('compare --init He --hidden 3 --steps 2 --seeds 1 --batch-size 8 --jobs 1 --data idx --out out'.split())",
}


@pytest.fixture(scope="module")
def outputs(tmp_path_factory):
    """The outputs of each cell, by its name."""
    folder = tmp_path_factory.mktemp("notebook")
    write_idx_folder(folder / "idx")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code) for code in CELLS.values()])
    resources = {"metadata": {"path": str(folder)}}
    nbclient.NotebookClient(notebook, kernel_name="python3", timeout=60, resources=resources).execute()
    return dict(zip(CELLS, (cell.outputs for cell in notebook.cells), strict=True))


def data_of(outputs):
    return [one["data"] for one in outputs if one["output_type"] in ("execute_result", "display_data")]


FIGURES = [name for name in CELLS if name.startswith(("a figure", "the figure")) and "nobody" not in name]


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_is_shown_once(name, outputs):
    (shown,) = data_of(outputs[name])
    assert shown["image/png"] and [one["output_type"] for one in outputs[name]] == ["execute_result"]


def test_a_class_and_a_lambda_of_the_notebook_work_in_other_processes(outputs):
    (shown,) = data_of(outputs["classes of its own"])
    assert shown["text/plain"] == "[False, False]"


def test_a_figure_that_no_cell_returns_is_not_shown(outputs):
    assert outputs["a figure that nobody returns"] == []


def test_a_bar_is_shown_with_widgets_and_without_and_nothing_warns(outputs):
    for name in ("without widgets", "fit without widgets"):
        text = "".join(one["text"] for one in outputs[name])
        assert "0%|" in text and ("100%" in text or "fit" in name) and "Warning" not in text
    for name in ("with widgets", "fit with widgets"):
        assert all("application/vnd.jupyter.widget-view+json" in shown for shown in data_of(outputs[name]))
        assert data_of(outputs[name]) or name == "fit with widgets"
        assert not any("Warning" in one.get("text", "") for one in outputs[name])


@pytest.mark.parametrize("name", ["a result", "a history", "a spread", "a network", "a frame"])
def test_a_table_is_a_table_and_a_few_lines(name, outputs):
    (shown,) = data_of(outputs[name])
    assert "<table" in shown["text/html"] and " at 0x" not in shown["text/plain"]
    assert name == "a frame" or len(shown["text/plain"]) < 500


def test_the_command_runs_where_a_notebook_has_set_its_backend(outputs):
    text = "".join(one.get("text", "") for one in outputs["the command"])
    assert "module://matplotlib_inline.backend_inline" in text and "report.html" in text and "Traceback" not in text
    assert data_of(outputs["the command"])[-1]["text/plain"] == "0"
