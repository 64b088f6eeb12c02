"""Benchmarks: run them with `make bench`, or one of them with `make bench ARGS=parse`."""
