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
    INSUFFICIENT_COVERAGE = "INSUFFICIENT_COVERAGE"
