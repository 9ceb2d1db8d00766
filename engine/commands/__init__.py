"""Commands of `python -m engine` that have a module of their own."""
