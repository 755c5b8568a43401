"""Closes and exchange rates as they were published, on the share basis that is asked for

(DOMAIN sections 2, 6 and 11.2).
"""
