"""The page of a comparison: one HTML file that needs nothing else.

Read `answer` (the words at the top), `proposals`, `commands`, `averages`, `svg`, `figures`, `snapshots`, `playground`, then
`page` with page.html, and last page.js, which comes after the scripts of the room `playground`.
"""

from scratchnet.report.page import render, write_report

__all__ = ["render", "write_report"]
