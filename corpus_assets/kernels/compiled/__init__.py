"""What Numba compiles. Only `loading.py` imports these modules, because they import Numba.

What is rounded to float32 is what libvmaf rounds: on flat and on nearly equal frames, where all
pixels err the same way, one rounding moves the score by more than its printed digits.
"""
