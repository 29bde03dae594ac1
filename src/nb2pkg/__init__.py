"""Turn a Jupyter notebook into a tested Python package that does exactly what the notebook did."""

__version__ = "0.1.0"
