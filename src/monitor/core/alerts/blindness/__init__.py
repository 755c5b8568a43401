"""Whether alerting itself can see: judged from what one look at Redis finds, by a clock that nobody sets (ALERTING
section 17)."""
