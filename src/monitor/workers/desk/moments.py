"""The story of an episode as lines of text: what the engine did and why, what it said, and whom it reached."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from monitor.bus.outbox import Delivery, Status
from monitor.core.alerts.notification import Notification, Transition
from monitor.notify.wording import HONG_KONG, beside, duration, number, one_line, shortened

_LETTERS = {"breach": "B", "clear": "C"}
"""First word of a cause → what held: the trigger (B) or the clear (C), as in ALERTING section 4."""

_TITLE = 200

Deliveries = Mapping[str, Delivery]


def lines_of(
    identifier: str, transitions: Sequence[Transition], told: Sequence[tuple[Notification, Deliveries]]
) -> list[str]:
    """A headline, then a line for each moment. told: each message with its deliveries by channel."""
    return _Story(identifier, transitions, told).lines()


class _Story:
    def __init__(
        self, identifier: str, transitions: Sequence[Transition], told: Sequence[tuple[Notification, Deliveries]]
    ) -> None:
        self._identifier = identifier
        self._transitions = transitions
        self._told = told
        evidence = [note.evidence for note, _ in told]
        self._unit = next((one.unit for one in evidence if one.unit), "count")
        self._title = shortened(next((one_line(one.title) for one in evidence), ""), _TITLE)
        self._clear = next((one.clear for one in evidence if one.clear), ())
        self._limit = next((one.limit for one in evidence if one.limit is not None), None)
        self._for_ms = next((one.for_ms for one in evidence), None)
        moments = [moved.t for moved in transitions] + [note.t for note, _ in told]
        self._day = _day(min(moments))

    def lines(self) -> list[str]:
        """The whole story."""
        headline = "  ".join(filter(None, (self._identifier, self._title, f"{self._day} HKT")))
        moments: dict[int, list[str]] = {}
        before: Transition | None = None
        for moved in self._transitions:
            moments.setdefault(moved.t, []).append(self._moved(moved, before))
            before = moved
        said: dict[int, list[str]] = {}
        for note, deliveries in self._told:
            said.setdefault(note.t, []).append(self._said(note, deliveries))
        lines = [headline]
        for t in sorted({*moments, *said}):
            *earlier, last = moments.get(t, [""])
            told = "  ".join(said.get(t, ()))
            lines += [f"{self._clock(t)}  {text}" for text in earlier]
            lines.append("  ".join(filter(None, (self._clock(t), last, told))))
        return lines

    def _moved(self, moved: Transition, before: Transition | None) -> str:
        letter = _LETTERS.get(moved.cause.partition(" ")[0], "-")
        value = self._number(moved.value)
        if moved.crossed:
            what = "crossed"
        elif moved.before == moved.after:
            what = f"{moved.after} {moved.level}" if moved.level else moved.after
        else:
            what = f"{moved.before} -> {moved.after}"
        why = self._why(moved, before)
        held = f"  held back by {', '.join(moved.held_back)}" if moved.held_back else ""
        return f"{value:>8}  {letter}  {what}{f' ({why})' if why else ''}{held}"

    def _why(self, moved: Transition, before: Transition | None) -> str:
        cause = moved.cause
        if cause == "breach":
            return ""
        if cause.startswith("breach held") and moved.episode is not None:
            wanted = "" if self._for_ms is None else f" >= {duration(self._for_ms / 1000)}"
            return f"{(moved.t - moved.episode) / 1000:.1f} s{wanted}"
        if cause == "clear" and moved.value is not None:
            met = [f"{self._number(moved.value)} {sign} {self._number(bound)}" for sign, bound in self._clear]
            return " or ".join(met) or cause
        if cause == "clear held" and before is not None and before.since is not None:
            return f"clear for {(moved.t - before.since) / 1000:.1f} s"
        return one_line(cause)

    def _said(self, note: Notification, deliveries: Deliveries) -> str:
        reached = [f"{channel} {self._delivery(deliveries.get(channel))}" for channel in _order(note, deliveries)]
        why = f" ({note.reason})" if note.reason else ""
        free = ""
        if note.kind.value == "FIRING":
            held = note.evidence.held_back
            free = f"held back until then by {', '.join(held)}: " if held else "cooldown free, not hushed: "
        n = f" {note.n}" if note.n else ""
        return f"{free}{note.kind.value}{n}{why} -> {', '.join(reached) or 'nobody'}"

    def _delivery(self, delivery: Delivery | None) -> str:
        """When it was accepted, or what else became of it."""
        if delivery is None:
            return "no record (kept 7 days)"
        at = "" if delivery.ended_ms is None else self._wall(delivery.ended_ms)
        instead = f" instead of {delivery.instead_of}" if delivery.instead_of else ""
        match delivery.status:
            case Status.ACCEPTED:
                tried = f" at attempt {delivery.attempts}" if delivery.attempts > 1 else ""
                return f"{at}{tried}{instead}"
            case Status.MERGED | Status.FOLDED:
                return f"{at} {delivery.status.value} into {delivery.told_by or 'a newer message'}{instead}"
            case Status.DEAD:
                return f"{at} given up: {one_line(delivery.reason)}{instead}"
            case _:
                reason = f": {one_line(delivery.reason)}" if delivery.reason else ""
                return f"waiting, {delivery.attempts} attempts{reason}{instead}"

    def _number(self, value: float | None) -> str:
        return number(value, self._unit, suffix=False, decimals=beside(value, self._limit, self._unit))

    def _clock(self, t: int) -> str:
        """Time of a snapshot to the millisecond, with its date on another day than the first."""
        local = datetime.fromtimestamp(t / 1000, UTC).astimezone(HONG_KONG)
        text = f"{local:%H:%M:%S}.{t % 1000:03d}"
        return text if _day(t) == self._day else f"{local:%Y-%m-%d} {text}"

    def _wall(self, t: int) -> str:
        """Time of a delivery to a tenth of a second."""
        return self._clock(t)[:-2]


def _order(note: Notification, deliveries: Deliveries) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*note.notify, *deliveries)))


def _day(t: int) -> str:
    return datetime.fromtimestamp(t / 1000, UTC).astimezone(HONG_KONG).date().isoformat()
