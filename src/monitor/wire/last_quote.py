"""The last accepted price of each instrument, as the hash `last` has it."""

import msgspec


class LastQuote(msgspec.Struct, frozen=True, kw_only=True):
    """The last accepted price of an instrument: one field of the hash `last`, as JSON. stand_in_for: as of
    `InstrumentView`."""

    symbol: str
    price: float
    currency: str
    event_time: str | None
    source: str | None
    phase: str
    status: str
    delay_s: int
    simulated: bool
    stand_in_for: str | None = None


def last_quote_text(
    symbol: str,
    price: float,
    currency: str,
    event_time: str | None,
    source: str | None,
    phase: str,
    status: str,
    delay_s: int,
    simulated: bool,
    stand_in_for: str | None,
) -> str:
    """A `LastQuote` as it is written."""
    return msgspec.json.encode(
        LastQuote(
            symbol=symbol,
            price=price,
            currency=currency,
            event_time=event_time,
            source=source,
            phase=phase,
            status=status,
            delay_s=delay_s,
            simulated=simulated,
            stand_in_for=stand_in_for,
        )
    ).decode()
