"""Why a number is what it is, or is not there (DOMAIN 0.3)."""

from enum import StrEnum


class Status(StrEnum):
    """A missing value is None and one of these; a value that is there may carry one too."""

    OK = "OK"
    OK_FALLBACK = "OK_FALLBACK"
    """The baseline was taken from an earlier session than the anchor."""
    DEGRADED = "DEGRADED"
    """A basket was computed, but not all of its weight is fresh."""
    LIVE = "LIVE"
    CLOSED = "CLOSED"
    STALE = "STALE"
    HALTED = "HALTED"
    MISSING = "MISSING"
    NO_PRICE = "NO_PRICE"
    NO_BASELINE = "NO_BASELINE"
    NO_REF = "NO_REF"
    """A proxy has no price near the close that its move is measured from."""
    CONTRACT_MISMATCH = "CONTRACT_MISMATCH"
    """The two prices of a proxy belong to different contract months."""
    NO_SHARES = "NO_SHARES"
    """No share count is on file for a member that is weighted or valued by it."""
    INSUFFICIENT_COVERAGE = "INSUFFICIENT_COVERAGE"
    WARMUP = "WARMUP"
    """Too few observations for a statistic."""
    ZERO_VARIANCE = "ZERO_VARIANCE"
    """All observations are alike, so nothing can be measured in their spread."""
