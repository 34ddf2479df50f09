"""Benchmarks: programs that print a table with ratios against a named peer of the same run, and a JSON line."""
