"""The self-contained page of a comparison. Read `answer`, `figures`, `trial`, `page`, and page.html, .css and .js."""

from scratchnet.report.page import page, write_report

__all__ = ["page", "write_report"]
