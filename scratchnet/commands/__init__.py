"""The verbs of the command line, each one call or two of the package: from words to an exit code."""
