"""Benchmarks of the monitor: `python -m benchmarks [NAME…] [--quick]`, or `make bench`. They print tables and decide
nothing; docs/performance.md tells what they measure and how to read them."""
