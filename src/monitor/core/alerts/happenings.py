"""What a frame brought to an end, or left open, entered into the accounts of the rules concerned."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from msgspec.structs import replace

from monitor.core.alerts.account import Account, Outage
from monitor.core.alerts.engine.machine import Step
from monitor.core.alerts.engine.state import AlertState, Instance
from monitor.core.alerts.episodes import Episode, EpisodeBook, open_episode
from monitor.core.alerts.rules.rule import RuleSet


class Happening(NamedTuple):
    """Something for the account of `rule`. title, unit: "" when nobody knows them any more. each: the rule has several
    instances. messages: how many were sent."""

    rule: str
    title: str = ""
    unit: str = ""
    each: bool = False
    messages: int = 0
    episode: Episode | None = None
    outage: Outage | None = None


def happened(before: AlertState, result: Step, rules: RuleSet) -> list[Happening]:
    """The messages of a step, and what ended with it: episodes, events, outages. before: the state it was given."""
    book = EpisodeBook()
    found: list[Happening] = []
    back: set[str] = set()
    for transition in result.transitions:
        key = f"{transition.rule}:{transition.instance}"
        instance = before.instances.get(key)
        if transition.crossed:
            book.add((transition,), ())
        elif transition.episode is not None and transition.after == "OK":
            known = rules.get(transition.rule)
            begun = None if instance is None else open_episode(transition.rule, transition.instance, instance, known)
            if begun is not None:
                book.put(begun)
            book.add((transition,), ())
        elif instance is not None and transition.before == transition.after and key not in back:
            outage = _ended(transition.instance, instance, result.state.instances.get(key), transition.t)
            if outage is not None:
                back.add(key)
                found.append(_heading(transition.rule, instance, rules)._replace(outage=outage))
    book.add((), result.notifications)
    for episode in book.episodes:
        about = _heading(episode.rule, before.instances.get(f"{episode.rule}:{episode.instance}"), rules)
        found.append(about._replace(episode=episode))
    spoke = {note.rule: f"{note.rule}:{note.instance}" for note in result.notifications}
    for rule, messages in Counter(note.rule for note in result.notifications).items():
        found.append(_heading(rule, before.instances.get(spoke[rule]), rules)._replace(messages=messages))
    return found


def still_open(state: AlertState, rules: RuleSet) -> Iterator[Happening]:
    """The episodes and outages that go on beyond a frame. state: after it."""
    for key, instance in state.instances.items():
        if instance.episode is None and instance.outage is None and instance.missing is None:
            continue
        rule, _, subject = key.partition(":")
        about = _heading(rule, instance, rules)
        episode = open_episode(rule, subject, instance, rules.get(rule))
        if episode is not None:
            yield about._replace(episode=episode)
        anchor = _anchor(instance)
        if anchor is not None:
            yield about._replace(outage=Outage(subject, anchor))


def entered(accounts: Mapping[str, Account], happenings: Iterable[Happening], t: int) -> dict[str, Account]:
    """The accounts, by rule, with all that happened, as it stands at `t`."""
    after = dict(accounts)
    for one in happenings:
        account = after.get(one.rule, Account())
        if (one.title or one.unit) and (one.title, one.unit, one.each) != (account.title, account.unit, account.each):
            account = replace(account, title=one.title, unit=one.unit, each=one.each)
        if one.messages:
            account = account.with_messages(one.messages)
        if one.episode is not None:
            account = account.with_episode(one.episode, t)
        if one.outage is not None:
            account = account.with_outage(one.outage, t)
        after[one.rule] = account
    return after


def _heading(rule: str, instance: Instance | None, rules: RuleSet) -> Happening:
    known = rules.get(rule)
    if known is not None:
        return Happening(rule, known.title, known.unit, len(known.subjects) > 1)
    card = None if instance is None else instance.card
    return Happening(rule) if card is None else Happening(rule, card.title, card.unit)


def _anchor(instance: Instance) -> int | None:
    """Where the outage that an instance is in began, None when it is in none."""
    return instance.missing if instance.outage is None else instance.outage.anchor


def _ended(subject: str, before: Instance, after: Instance | None, t: int) -> Outage | None:
    """The outage that ended between two states of an instance."""
    anchor = _anchor(before)
    if anchor is None or (after is not None and _anchor(after) is not None):
        return None
    return Outage(subject, anchor, t)
