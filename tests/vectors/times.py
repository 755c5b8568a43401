"""Instants in the spelling of the domain vectors."""

from monitor.core.instant import format_instant


def instant_text(instant_ns: int) -> str:
    """`2025-03-07T08:10:00Z`: the vectors write whole seconds without decimals."""
    return format_instant(instant_ns).replace(".000Z", "Z")
