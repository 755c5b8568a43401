"""Instruments at work: their state at an instant, and a cut through all of them (DOMAIN sections 3 and 4)."""
