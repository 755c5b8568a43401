"""The tables of a feed file as an operator writes them; `monitor.feeds.ws_json.spec` says what each key means.

A key that is left out is not sent on: the defaults stand there, once.
"""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from monitor.feeds.field_spec import SESSIONS
from monitor.settings.field_section import Expression, FieldName, FieldSection, KindSection
from monitor.settings.section import Section


def _pattern(text: str) -> str:
    try:
        groups = re.compile(text).groups
    except re.error as error:
        raise ValueError(f"a regular expression ({error})") from None
    if groups < 1:
        raise ValueError("a regular expression with a group: (.+)[$]HK")
    return text


def _code(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise ValueError("a number or a text")
    return value


Seconds = Annotated[float, Field(ge=0, le=86_400)]
Wait = Annotated[float, Field(gt=0, le=86_400)]
Mode = Literal["per_symbol", "batch", "batch_list", "replace_all"]


class AuthSection(Section):
    after: Expression | None = None
    send: Any = None
    wait_for: Expression | None = None
    fail_when: Expression | None = None
    timeout_s: Wait = 10.0


class SubscriptionSection(Section):
    mode: Mode
    template: Any
    join: str = ","
    symbol_template: str = "{symbol}"
    item: Any = None


class HeartbeatSection(Section):
    every_s: Wait
    template: Any


class LimitsSection(Section):
    connections: Annotated[int, Field(ge=1)] | None = None
    symbols: Annotated[int, Field(ge=1)] | None = None
    min_interval_s: Seconds = 0.0
    client_events: Annotated[int, Field(ge=1)] | None = None
    reconnect_min_s: Seconds = 0.0


class ConnectionSection(Section):
    url: str = Field(min_length=1)
    subscribe: SubscriptionSection
    headers: dict[str, str] = Field(default_factory=dict)
    auth: AuthSection | None = None
    unsubscribe: SubscriptionSection | None = None
    heartbeat: HeartbeatSection | None = None
    limits: LimitsSection = LimitsSection()
    idle_s: Wait = 180.0


class AckSection(Section):
    when: Expression
    ok: Expression | None = None
    fails: Expression | None = None


class ErrorSection(Section):
    when: Expression
    code: Expression | None = None
    message: Expression | None = None
    fatal_codes: tuple[Annotated[Any, BeforeValidator(_code)], ...] = ()
    fatal_messages: tuple[Annotated[str, Field(min_length=1)], ...] = ()
    fatal_when: Expression | None = None


class DecodeSection(Section):
    data: Expression
    fields: dict[FieldName, FieldSection]
    messages: Expression | None = None
    ignore: Expression | None = None
    ack: AckSection | None = None
    error: ErrorSection | None = None
    records: Expression = "[@]"
    kind: KindSection = KindSection(name="quote")
    moves_price: Expression | None = None
    require: tuple[FieldName, ...] = ()
    answers_as: Annotated[str, AfterValidator(_pattern)] | None = None

    @model_validator(mode="after")
    def _fitting_fields(self) -> "DecodeSection":
        if "symbol" not in self.fields:
            raise ValueError("fields with a symbol")
        if "price" not in self.fields and not {"bid", "ask"} <= self.fields.keys():
            raise ValueError("fields with a price, or with bid and ask")
        for name in self.require:
            if name not in self.fields:
                raise ValueError(f"require with names of fields, not {name}")
        for name, field in self.fields.items():
            if field.else_mid is not None and name != "price":
                raise ValueError(f"else_mid for the price, not for {name}")
            if "unit" in field.model_fields_set and name != "ts":
                raise ValueError(f"a unit for ts, not for {name}")
        session = self.fields.get("session")
        strange = sorted(set(session.map.values()) - set(SESSIONS)) if session else []
        if strange:
            raise ValueError(f"sessions called {', '.join(SESSIONS)}, not {strange[0]}")
        return self


class ReconnectSection(Section):
    min_s: Wait = 1.0
    max_s: Wait = 30.0
    jitter: float = Field(0.2, ge=0, le=1)
    min_uptime_s: Seconds = 30.0
    fatal_closes: tuple[Annotated[int, Field(ge=1000, le=4999)], ...] = ()


class FeedSection(Section):
    """A feed file. symbols: canonical symbol → the vendor's own; the first have the highest rank. delays: calendar →
    seconds by contract."""

    connection: ConnectionSection
    decode: DecodeSection
    reconnect: ReconnectSection = ReconnectSection()
    symbols: Mapping[str, Annotated[str, Field(min_length=1, max_length=64)]] = Field(default_factory=dict)
    delays: Mapping[str, Annotated[int, Field(ge=0)]] = Field(default_factory=dict)
