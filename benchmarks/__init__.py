"""Benchmarks of the budgets in docs/architecture.md; each runs by `make bench-<name>`."""
