"""`[[claim]]` tables: what the press said, in a form that `monitor claims check` can judge."""

from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, ValidationError

from monitor.core.anchor import target_date
from monitor.core.claims.claim import RECORD, Claim, Operator, Stated, Verdict, read_dates, read_number
from monitor.core.claims.measures import DATED, REGIME, REGIMES, bases, kind_of, measures, only_window
from monitor.core.definition import BoardDefinition, Kind
from monitor.core.instant import parse_instant
from monitor.core.suggestion import did_you_mean
from monitor.errors import ConfigError
from monitor.settings.refusal import dotted, refusal
from monitor.settings.section import Section
from monitor.settings.toml_file import TomlFile

WINDOWS = "1D, nS, WTD, MTD, QTD, YTD, 1W, 1M, 3M, 6M, 1Y, 3Y, SINCE:YYYY-MM-DD"


def _as_printed(value: object) -> object:
    """A number of the file as text: its decimals are part of the claim."""
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


class ClaimSection(Section):
    """One `[[claim]]`. Fields as in `monitor.core.claims.claim.Claim`; value: `stated`, as text if a last 0 counts."""

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")
    text: str = Field(min_length=1, max_length=300)
    source: str = Field(min_length=1, max_length=100)
    subject: str
    measure: str
    window: str | None = None
    as_of: str
    basis: str | None = None
    operator: Operator = Operator.EQUAL
    value: Annotated[str, BeforeValidator(_as_printed)]
    quotes: dict[str, Annotated[float, Field(gt=0)]] = Field(default_factory=dict)
    expect: Verdict | None = None


class ClaimFile(Section):
    """The whole file."""

    claim: tuple[ClaimSection, ...] = Field(min_length=1)


def load_claims(path: Path, definition: BoardDefinition) -> tuple[Claim, ...]:
    """The claims of a file, in its order.

    definition: the board that they are about. Raises ConfigError, naming file, line, claim and key, for an unknown
    key, an id that is there twice, a subject that the board does not have, a measure that it has not of such a subject,
    a window, date, basis, operator or value that does not fit the measure.
    """
    file = TomlFile.read(path, "Name a file of claims, such as config/claims/a-outperforms-2025-02.toml.")
    try:
        content = ClaimFile.model_validate(file.data)
    except ValidationError as error:
        raise _named(refusal(error, ClaimFile, file.where), file.data, error) from None
    ids: set[str] = set()
    claims = []
    for i, section in enumerate(content.claim):
        reader = _Reader(file, i, section, definition)
        if section.id in ids:
            raise reader.refused("id", section.id, "an id that no other claim of the file has")
        ids.add(section.id)
        claims.append(reader.claim())
    return tuple(claims)


def _named(refused: ConfigError, data: dict[str, Any], error: ValidationError) -> ConfigError:
    """The same refusal with the claim's id in it, where it has one."""
    problems = sorted(error.errors(include_url=False), key=lambda problem: problem["type"] != "extra_forbidden")
    place = problems[0]["loc"]
    if len(place) < 3 or not isinstance(place[1], int):
        return refused
    name = data["claim"][place[1]].get("id", f"#{place[1] + 1}")
    key = f"claim {name}: {dotted(tuple(place[2:]))}"
    return ConfigError(refused.where, key, refused.found, refused.allowed, refused.hint)


class _Reader:
    """Checks of one claim that need more than one key."""

    def __init__(self, file: TomlFile, number: int, section: ClaimSection, definition: BoardDefinition) -> None:
        self._file = file
        self._number = number
        self._section = section
        self._definition = definition

    def claim(self) -> Claim:
        section = self._section
        kind = kind_of(self._definition, section.subject)
        if kind is None:
            known = self._subjects()
            hint = did_you_mean(section.subject, known)
            raise self.refused("subject", section.subject, f"a subject of the board: {', '.join(known)}", hint)
        if section.measure not in measures(kind):
            hint = did_you_mean(section.measure, measures(kind))
            allowed = f"a measure of an {kind}" if kind == "instrument" else f"a measure of a {kind}"
            raise self.refused("measure", section.measure, f"{allowed}: {', '.join(measures(kind))}", hint)
        allowed_bases = bases(kind, section.measure)
        if section.basis is not None and section.basis not in allowed_bases:
            allowed = ", ".join(allowed_bases) or f"no basis: {section.measure} has only one"
            raise self.refused("basis", section.basis, allowed)
        self._check_as_of()
        return Claim(
            id=section.id,
            text=section.text,
            source=section.source,
            subject=section.subject,
            measure=section.measure,
            window=self._window(kind),
            as_of=section.as_of,
            stated=self._stated(),
            operator=section.operator,
            basis=section.basis,
            quotes=dict(section.quotes),
            expect=section.expect,
        )

    def _subjects(self) -> list[str]:
        board = self._definition
        symbols = [line.symbol for line in board.instruments if line.kind is not Kind.FX]
        return [*symbols, *(basket.id for basket in board.baskets), *(pair.id for pair in board.pairs)]

    def _window(self, kind: str) -> str:
        """The claim's window. Written lower case nowhere: `ytd` is refused as the board file refuses it."""
        measure, window = self._section.measure, self._section.window
        only = only_window(kind, measure)
        if only is not None:
            if window not in (None, only):
                raise self.refused("window", window, f"no window: {measure} has only {only}")
            return only
        try:
            target = target_date(window or "", "2000-01-01")
        except ValueError:
            raise self.refused("window", window or "nothing", WINDOWS) from None
        if window is None or (window.startswith("SINCE:") and window != f"SINCE:{target}"):
            raise self.refused("window", window or "nothing", WINDOWS)
        return window

    def _check_as_of(self) -> None:
        section = self._section
        bare = len(section.as_of) == len("2025-02-21")
        try:
            parse_instant(f"{section.as_of}T00:00:00Z" if bare else section.as_of)
        except ValueError:
            allowed = "a date (2025-02-21) or an instant (2025-09-24T04:00:00Z)"
            raise self.refused("as_of", section.as_of, allowed) from None
        symbols = [line.symbol for line in self._definition.instruments if line.kind is not Kind.FX]
        for symbol in section.quotes:
            if symbol not in symbols:
                raise self.refused("quotes", symbol, f"instruments of the board: {', '.join(symbols)}")
        if section.quotes and bare:
            raise self.refused("as_of", section.as_of, "an instant: a quote has one")

    def _stated(self) -> Stated:
        section = self._section
        text = section.value
        if section.measure in (*DATED, REGIME) and section.operator is not Operator.EQUAL:
            raise self.refused("operator", section.operator.value, f"=: {section.measure} is no number")
        try:
            if section.measure == REGIME:
                return REGIMES[REGIMES.index(text)]
            if section.measure in DATED:
                return text if text == RECORD else read_dates(text)
            return read_number(text)
        except ValueError:
            allowed = "a plain number, as it was printed: 31, 4.4, -10"
            if section.measure == REGIME:
                allowed = ", ".join(REGIMES)
            elif section.measure in DATED:
                allowed = f"2021-12-09, 2021-12, 2021, two of them with / between, or {RECORD}"
            raise self.refused("value", section.value, allowed) from None

    def refused(self, key: str, found: object, allowed: str, hint: str = "") -> ConfigError:
        where = self._file.where(("claim", self._number, key))
        return ConfigError(where, f"claim {self._section.id}: {key}", found, allowed, hint)
