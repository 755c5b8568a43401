"""One timeline through the alert engine, with everything that can happen on the way."""

from contextlib import suppress

import msgspec

from monitor.core.alerts.engine.machine import Step, step
from monitor.core.alerts.engine.shelf import restored
from monitor.core.alerts.engine.state import AlertState
from monitor.core.alerts.notification import Notification
from monitor.core.alerts.rules.rule import RuleSet
from monitor.core.alerts.silence import Controls, Silence
from monitor.core.metrics.frame import Frame


class Change(msgspec.Struct, frozen=True):
    """An instance whose phase or level is another one after a frame than before it. t: epoch milliseconds of the frame.
    level: None for OK and PENDING."""

    t: int
    rule: str
    instance: str
    phase: str
    level: str | None


class Run:
    """Takes frames and what people do in between, and keeps what came of it.

    changes, notifications: all so far, in the order in which they came about. rules: may be replaced between frames.
    """

    def __init__(self, rules: RuleSet) -> None:
        self.rules = rules
        self.changes: list[Change] = []
        self.notifications: list[Notification] = []
        self._state = AlertState()
        self._silences: dict[str, Silence] = {}

    def take(self, frame: Frame) -> Step:
        """One frame through `step`."""
        before = self.phases()
        result = step(self._state, self.rules, frame, Controls(tuple(self._silences.values())))
        self._state = result.state
        after = self.phases()
        for key in before | after:
            was, now = before.get(key, ("OK", None)), after.get(key, ("OK", None))
            if was != now:
                rule, _, instance = key.partition(":")
                self.changes.append(Change(frame.t, rule, instance, *now))
        self.notifications += result.notifications
        return result

    def silence(self, silence: Silence) -> None:
        """Known to the engine from now on."""
        self._silences[silence.id] = silence

    def expire(self, identifier: str, t: int) -> None:
        """End a silence at `t`, epoch milliseconds. Nothing happens when there is none of that id."""
        with suppress(KeyError):
            self._silences[identifier] = self._silences[identifier].expire(t)

    def restart(self) -> None:
        """Forget everything that is not in the serialised state. Rules and silences have their own stores."""
        self._state = restored(self._state)

    def phases(self) -> dict[str, tuple[str, str | None]]:
        """Phase and level of each instance by `rule:instance`; no level in OK and PENDING."""
        return {
            key: (instance.phase, instance.level if instance.active else None)
            for key, instance in self._state.instances.items()
        }
