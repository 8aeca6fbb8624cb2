"""Kernels that give libvmaf's numbers for its three slowest extractors, several times as fast.

`frame_metrics.py` is the front door, `compiled` what Numba compiles.
"""
