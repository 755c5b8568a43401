"""Baskets: weights, paths, coverage, tracking, market value (DOMAIN sections 7 and 10)."""
