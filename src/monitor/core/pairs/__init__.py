"""Pairs: two legs under each policy, with their statistics (DOMAIN sections 5, 8 and 9)."""
