"""The benchmarks: floors and rivals measured in the same run, figures as ratios. `python -m bench NAME`."""
