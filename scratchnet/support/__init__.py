"""What no reader of the book needs: checks of arguments, streams of random numbers, tables, files, threads, parsing."""
