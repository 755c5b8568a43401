"""The parts of a snapshot. Returns and weights are decimal fractions; fields ending in `_pp` are percentage points. A
missing value is None and the status beside it says why. Times are ISO-8601 UTC with `Z`; sessions are ISO dates in the
exchange's own zone."""
