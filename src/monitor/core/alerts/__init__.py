"""Alerts: rules, the state machine that applies them to frames, and what it says (ALERTING sections 2 to 12).

`parse_rules` reads a rule file, `step` takes one frame into account, `AlertState` is all it remembers in between.
"""
