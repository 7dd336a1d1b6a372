"""The long tries behind RELIABILITY.md. Begin with `__main__.py`, which says how to run them."""
