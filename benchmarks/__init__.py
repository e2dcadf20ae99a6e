"""Measure the product as a whole; `make bench` runs `benchmarks.uploads`."""
