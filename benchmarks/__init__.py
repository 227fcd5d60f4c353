"""The speed table: our double beside a floor and the doubles people would pick instead.

Run `python -m benchmarks --help`. Absolute figures depend on the machine and on its mood; the ratios are
what is compared, and every ratio comes from subjects that took turns in the same run.
"""
