"""The page of a comparison: one HTML file that needs nothing else.

Read `answer` (the words at the top), `proposals`, `commands`, `averages`, `svg`, `figures`, `snapshots`, `sliders`, then
`page` with page.html, and last the page's own script: theory.js, page.js and terms.js.
"""

from scratchnet.report.page import render, write_report

__all__ = ["render", "write_report"]
