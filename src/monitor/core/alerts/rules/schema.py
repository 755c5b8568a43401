"""The alert file as pydantic sees it: types and known keys. What the values mean is checked by `rule_reading`."""

import datetime as dt
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from monitor.core.alerts.duration import parse_duration
from monitor.core.suggestion import did_you_mean


def _duration(value: object) -> int:
    if not isinstance(value, str):
        raise ValueError('a duration is a string such as "60s"')
    return parse_duration(value)


def _finite(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("a number is needed")
    try:
        number = float(value)
    except OverflowError:
        raise ValueError("the number is too large") from None
    if not -1e300 < number < 1e300:  # NaN fails it too
        raise ValueError("a finite number is needed")
    return number


def _repeat(value: object) -> object:
    return value if value == "never" else _duration(value)


Duration = Annotated[int, BeforeValidator(_duration)]
Number = Annotated[float, BeforeValidator(_finite)]
Band = Annotated[list[Number], Field(min_length=2, max_length=2)]


class Table(BaseModel):
    """A table of the file: unknown keys are refused, nothing is converted."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class MovesTable(Table):
    """`moves` of a trigger, a clear or a level: the last two give `by` alone."""

    by: Number
    within: Duration | None = None
    direction: Literal["up", "down", "any"] | None = None


class PredicateTable(Table):
    """`when` or `clear`: exactly one key is given."""

    above: Number | None = None
    below: Number | None = None
    outside: Band | None = None
    inside: Band | None = None
    moves: MovesTable | None = None
    crosses_up: Number | None = None
    crosses_down: Number | None = None


class LevelTable(Table):
    """`[rule.levels.<severity>]`."""

    when: PredicateTable
    clear: PredicateTable | None = None


class SessionTable(Table):
    """`session`."""

    calendar: str
    phases: list[str] = ["REGULAR"]
    skip_after_open: Duration = 0
    on_close: Literal["resolve", "hold"] = "resolve"


class NoDataTable(Table):
    """`no_data`."""

    after: Duration = 30_000
    do: Literal["alert", "hold", "ignore"] = "alert"


class MuteTable(Table):
    """One window of `mute`: clock form (from, to, tz, days) or phase form (calendar, phases)."""

    from_: str | None = Field(None, alias="from")
    to: str | None = None
    tz: str | None = None
    days: list[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]] | None = None
    calendar: str | None = None
    phases: list[str] | None = None


class MessageTable(Table):
    """`message`."""

    summary: str | None = None
    runbook: str | None = None


class RuleTable(Table):
    """One `[[rule]]`, `[defaults]` already merged under it."""

    id: str
    title: str | None = None
    enabled: bool = True
    metric: str
    each: list[str] | str | None = None
    unit: str
    when: PredicateTable
    clear: PredicateTable | None = None
    severity: Literal["info", "warning", "critical"] = "warning"
    levels: dict[str, LevelTable] = {}
    for_: Duration = Field(0, alias="for")
    clear_for: Duration = 0
    max_gap: Duration = 10_000
    gap_counts: bool = False
    session: SessionTable | None = None
    require_live: list[str] = []
    stale_after: Duration = 15_000
    no_data: NoDataTable = NoDataTable()
    repeat_every: Annotated[int | Literal["never"], BeforeValidator(_repeat)] = 1_800_000
    cooldown: Duration = 300_000
    once: bool | Literal["per_session"] = False
    valid_until: dt.datetime | dt.date | dt.time | str | None = None
    inhibited_by: list[str] = []
    mute: list[MuteTable] = []
    notify: list[str] = []
    message: MessageTable = MessageTable()


RULE_KEYS = frozenset(field.alias or name for name, field in RuleTable.model_fields.items())
"""Top-level keys of a rule, which are also those of `[defaults]`, except `id`."""


def first_fault(refused: ValidationError) -> tuple[str, str]:
    """Top-level key and reason of the first thing that pydantic refuses."""
    faults = refused.errors(include_url=False, include_input=False)
    # Inside a table, a misspelled key is also a missing one: the misspelling says more.
    beside = (other for other in faults if other["type"] == "extra_forbidden" and len(other["loc"]) > 1)
    fault = next((other for other in beside if other["loc"][:-1] == faults[0]["loc"][:-1]), faults[0])
    location = [str(part) for part in fault["loc"]]
    return (location[0] if location else "", _reason(fault, location[1:], _keys_beside(refused.title, location)))


def _keys_beside(model: str, location: list[str]) -> list[str]:
    """The keys that the table at the end of `location` may have. model: name of the outermost table."""
    table: Any = next((table for table in Table.__subclasses__() if table.__name__ == model), None)
    for part in location[:-1]:
        if isinstance(table, type) and issubclass(table, Table):
            fields = {field.alias or name: field.annotation for name, field in table.model_fields.items()}
            table = _table_in(fields.get(part))
    return [] if table is None else [field.alias or name for name, field in table.model_fields.items()]


def _table_in(annotation: Any) -> type[Table] | None:
    """The table that a key holds, by itself, in a list, by name or as an alternative to nothing."""
    if isinstance(annotation, type) and issubclass(annotation, Table):
        return annotation
    return next((table for part in get_args(annotation) if (table := _table_in(part)) is not None), None)


def _reason(fault: Any, inner: list[str], keys: list[str]) -> str:
    kind: str = fault["type"]
    if kind == "extra_forbidden":
        reason = ". ".join(filter(None, ("unknown key", did_you_mean(str(fault["loc"][-1]), keys))))
    elif kind == "missing":
        reason = "is missing"
    elif kind == "literal_error":
        reason = f"allowed: {fault['ctx']['expected']}"
    else:
        text: str = fault["msg"]
        reason = text.removeprefix("Value error, ").removeprefix("Input ")
    # The parts of a union that pydantic tried are of no help to a reader.
    path = ".".join(part for part in inner if "[" not in part)
    return f"{path}: {reason}" if path else reason
