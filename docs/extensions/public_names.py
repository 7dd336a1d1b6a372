"""The directive `public-names`: the reference of the public names of some rooms, from the table in scratchnet/__init__.py.

    ```{public-names} initializers
    ```

A list of the names with the first line of each, and then each one whole. A name that is added to the package is added here.
"""

import inspect

from sphinx.util.docutils import SphinxDirective

import scratchnet


class PublicNames(SphinxDirective):
    required_arguments = 1
    final_argument_whitespace = True

    def run(self):
        lines = ["````{eval-rst}"]
        for room in self.arguments[0].split():
            plots = room == "plots"
            home = scratchnet.plots if plots else scratchnet
            names = scratchnet.plots.__all__ if plots else scratchnet._HOMES[room].split()
            things = {name: getattr(home, name) for name in names if callable(getattr(home, name))}
            lines += [f".. currentmodule:: {home.__name__}", "", ".. autosummary::", "   :nosignatures:", ""]
            lines += [f"   {name}" for name in things]
            for name, thing in things.items():
                kind = "class" if inspect.isclass(thing) else "function"
                lines += ["", f".. auto{kind}:: {name}"]
                lines += ["   :members:"] if kind == "class" else []
            lines.append("")
        return self.parse_text_to_nodes("\n".join([*lines, "````"]))


def setup(app):
    app.add_directive("public-names", PublicNames)
    return {"parallel_read_safe": True}
