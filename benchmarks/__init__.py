"""fireplan beside other libraries, in one run: `python -m benchmarks`."""
