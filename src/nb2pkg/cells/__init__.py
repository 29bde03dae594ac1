"""File -> Notebook: reading, with IPython's syntax lowered to Python.

Nothing is imported here: the linter takes single modules, and `read` alone would cost a hook 100 ms.
"""
