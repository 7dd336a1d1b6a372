"""What axe-core finds on the page that is open, with all its details unfolded."""

import os
from pathlib import Path

import pytest

AXE = Path(os.environ.get("AXE_CORE", Path(__file__).parents[2] / "node_modules/axe-core/axe.min.js"))


def violations(browser, preload=True):
    """`preload` asks for the style sheets again, which a browser refuses where they are files."""
    if not AXE.exists():
        pytest.skip("no axe-core: npm install axe-core, or set AXE_CORE to the path of its axe.min.js")
    browser.execute_script("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    browser.execute_script(AXE.read_text(encoding="utf-8"))
    run = "const [preload, done] = arguments; axe.run({ preload }).then((all) => done(all.violations))"
    found = browser.execute_async_script(run, preload)
    return [(one["id"], one["help"], [node["html"][:200] for node in one["nodes"]]) for one in found]
