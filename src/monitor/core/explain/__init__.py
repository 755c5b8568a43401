"""How a metric came about: its formula with the numbers in it, down to the closes, their sessions and their sources.

Values come from the snapshot; everything below a value is taken from the same state by the same functions.
"""
