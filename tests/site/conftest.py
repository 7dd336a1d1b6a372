"""These tests read the built site. They run where it has been built: `sphinx-build -W --keep-going docs site`."""

from pathlib import Path

BUILT = (Path(__file__).parents[2] / "site" / "index.html").is_file()
collect_ignore = [] if BUILT else ["test_playground.py", "test_site.py"]
