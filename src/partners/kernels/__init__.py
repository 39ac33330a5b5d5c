"""Jupyter kernels that start in a moment, and that can be kept to one folder."""
