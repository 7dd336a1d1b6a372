"""What the site shows. Its commands run without it; the other tests read the built site, where it has been built:
`sphinx-build -W --keep-going docs site`.
"""

from pathlib import Path

BUILT = (Path(__file__).parents[2] / "site" / "index.html").is_file()
collect_ignore = [] if BUILT else ["test_playground.py", "test_site.py"]
