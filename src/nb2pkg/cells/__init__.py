"""File -> Notebook: reading, with IPython's syntax lowered to Python."""

from nb2pkg.cells.read import read_notebook

__all__ = ["read_notebook"]
