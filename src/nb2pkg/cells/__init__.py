"""File -> Notebook: reading, with IPython's syntax lowered to Python. `read.read_notebook` is the way in."""
