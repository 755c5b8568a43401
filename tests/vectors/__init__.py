"""Runs the specification's vectors against the project's own functions: `python -m tests.vectors DIR…`."""
