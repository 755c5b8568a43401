"""Slack as an app with a bot token: one message per episode, kept up to date, with its story in the thread below it.

An edit alone notifies nobody and a reply alone leaves a red message standing, so what ends or worsens an episode is
both (ALERTING section 13).
"""

import re
from collections.abc import Iterable
from types import TracebackType
from typing import Self

from msgspec.structs import replace

from monitor.core.alerts.notification import Kind
from monitor.notify.bulletin import BulletinKind
from monitor.notify.port import Accepted, Charting, Message, Outcome, PayloadRefused, Transient, Unknown
from monitor.notify.slack.answers import Refused, Result, text_in
from monitor.notify.slack.blocks import Payload, id_in, slack_metadata, slack_payload
from monitor.notify.slack.place import Place
from monitor.notify.slack.web_api import BASE_URL, WebApi
from monitor.notify.wording import one_line, shortened

_EDITED_AND_ANSWERED = frozenset({Kind.ESCALATED, Kind.RESOLVED, Kind.SESSION_END, Kind.DATA_BACK, BulletinKind.SIGHT})
_ANSWERED = frozenset({Kind.REMINDER})
_FOLLOWING = _EDITED_AND_ANSWERED | _ANSWERED
_EDITED = frozenset({BulletinKind.STORM})

EDIT = "edit"
"""The part of a message that is settled when its parent was edited and the reply is still missing."""

_NEWEST = 100
_LONGEST_THREAD = 999
_ALT_TEXT = 1000
_FILE_NAME = 80
_UNFIT_FOR_A_NAME = re.compile(r"[^A-Za-z0-9.]+")


class SlackBot:
    """One channel of a workspace.

    channel: its id, `C0123ABC`; the app must be a member. token, base_url, timeout_s: see `WebApi`. chart: put the
    chart of an alert into its thread.

    `Message.parent` is the `Place` of the episode's message, as `Accepted.reference` gave it. With one, ESCALATED and
    everything that closes edit it and then answer it (ESCALATED for the whole channel to see), REMINDER answers it, and
    STORM edits it. Whatever has no parent, or opens something, is a message of its own. A parent that cannot be edited
    or answered any more is replaced by a new message, whose place is the reference from then on; a STORM is answered
    but never edited by the episodes it tells of.

    What is promised of the two requests for one note: the edit comes first. It may be repeated, because it can neither
    notify anybody nor change anything a second time, so its loss is Transient and never an unknown outcome. When it is
    done and the reply is refused for now, `EDIT` is among the settled parts and the next attempt only replies. When the
    reply got lost, the next attempt looks for our id first and sends nothing that is there. That needs the scope
    channels:history (groups:history in a private channel); without it the note may come twice, marked.

    One send takes at most three times `timeout_s`.
    """

    def __init__(
        self, channel: str, token: str, *, base_url: str = BASE_URL, chart: bool = True, timeout_s: float = 10.0
    ) -> None:
        self._channel = channel
        self._chart = chart
        self._api = WebApi(token, base_url, timeout_s=timeout_s)

    def __repr__(self) -> str:
        return f"SlackBot({self._channel} at {self._api.host})"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    @property
    def charting(self) -> Charting:
        return Charting.AFTER if self._chart else Charting.NONE

    async def send(self, message: Message) -> Outcome:
        """A few requests, each once."""
        parent = Place.read(message.parent)
        if parent is not None and message.kind in _EDITED:
            return await self._edit_only(message, parent)
        if parent is not None and message.kind in _FOLLOWING:
            return await self._follow(message, parent)
        return await self._post(message)

    async def attach(self, message: Message, reference: str) -> Outcome:
        """Put `message.chart` into the thread of `reference`: three requests, each once."""
        place = Place.read(reference)
        if message.chart is None or place is None:
            return PayloadRefused("there is no chart, or no thread for it")
        name = _UNFIT_FOR_A_NAME.sub("-", message.episode)[:_FILE_NAME].strip("-.") or "chart"
        wanted = {
            "filename": f"{name}.png",
            "length": str(len(message.chart)),
            "alt_txt": shortened(one_line(message.summary), _ALT_TEXT),
        }
        ticket = await self._api.submit("files.getUploadURLExternal", wanted)
        if isinstance(ticket, Refused):
            return ticket.outcome
        brought = await self._api.upload(text_in(ticket, "upload_url"), message.chart)
        if not isinstance(brought, Accepted):
            return brought
        title = shortened(one_line(message.title), _ALT_TEXT)
        shared = await self._api.call(
            "files.completeUploadExternal",
            {
                "files": [{"id": text_in(ticket, "file_id"), "title": title}],
                "channel_id": place.channel,
                "thread_ts": place.ts,
            },
        )
        return shared.outcome if isinstance(shared, Refused) else Accepted(reference=str(place))

    async def close(self) -> None:
        await self._api.close()

    async def _post(self, message: Message, *, looked: bool = False) -> Outcome:
        """A message of its own. looked: our id is known not to stand in the channel."""
        if message.may_repeat and not looked:
            found = await self._newest()
            if isinstance(found, Transient):
                return found
            if message.id in found:
                return Accepted(reference=self._reference(message, self._channel, found[message.id][0]))
            opening = next((found[older][0] for older in message.merged if older in found), None)
            if opening is not None and message.kind in _FOLLOWING:
                # What was to open the episode did arrive: it has its parent after all.
                return await self._follow(message, Place(self._channel, opening), looked=True)
        posted = await self._api.call("chat.postMessage", {"channel": self._channel, **_payload(message)})
        if isinstance(posted, Refused):
            return posted.outcome
        channel, ts = text_in(posted, "channel") or self._channel, text_in(posted, "ts")
        return Accepted(reference=self._reference(message, channel, ts) if ts else None)

    async def _edit_only(self, message: Message, parent: Place) -> Outcome:
        refused = await self._edit(message, parent)
        if refused is None:
            return Accepted(reference=str(parent))
        replaced = refused.edit_forbidden or self._moved(refused, parent)
        return await self._post(message) if replaced else _harmless(refused.outcome)

    async def _follow(self, message: Message, parent: Place, *, looked: bool = False) -> Outcome:
        """Edit the parent where the kind asks for it, then answer it."""
        edits = message.kind in _EDITED_AND_ANSWERED and not parent.storm
        pending = edits and EDIT not in message.settled
        if message.may_repeat:
            found = await self._thread(parent)
            if isinstance(found, Transient):
                return found
            places = found.get(message.id, [])
            if any(ts != parent.ts for ts in places):
                return Accepted(reference=str(parent))
            pending = pending and parent.ts not in places
        if pending:
            refused = await self._edit(message, parent)
            if refused is not None and (refused.edit_forbidden or self._moved(refused, parent)):
                return await self._post(message, looked=looked)
            if refused is not None:
                return _harmless(refused.outcome)
        reply = {"channel": parent.channel, "thread_ts": parent.ts, **_payload(message)}
        if message.kind == Kind.ESCALATED:
            reply["reply_broadcast"] = True
        replied = await self._api.call("chat.postMessage", reply)
        if not isinstance(replied, Refused):
            return Accepted(reference=str(parent))
        if replied.thread_missing or self._moved(replied, parent):
            return await self._post(message, looked=looked)
        if edits and isinstance(replied.outcome, Transient):
            return replace(replied.outcome, settled=(EDIT,))
        return replied.outcome

    async def _edit(self, message: Message, parent: Place) -> Refused | None:
        """None when it was done."""
        payload = _payload(message)
        edit = {
            "channel": parent.channel,
            "ts": parent.ts,
            "text": payload["text"],
            "metadata": payload["metadata"],
            # Without the key, Slack would keep the old ones.
            "attachments": payload.get("attachments", []),
            # Other than chat.postMessage, chat.update makes names and links of plain words unless told not to.
            "parse": "none",
        }
        edited = await self._api.call("chat.update", edit)
        return edited if isinstance(edited, Refused) else None

    async def _newest(self) -> dict[str, list[str]] | Transient:
        """Our ids among the newest messages of the channel. Replies that are shown there too are no messages of it."""
        messages = await self._read("conversations.history", {"channel": self._channel, "limit": str(_NEWEST)})
        if isinstance(messages, Transient):
            return messages
        return _ids(one for one in messages if one.get("thread_ts", one.get("ts")) == one.get("ts"))

    async def _thread(self, parent: Place) -> dict[str, list[str]] | Transient:
        """Our ids in a thread, its parent included."""
        wanted = {"channel": parent.channel, "ts": parent.ts, "limit": str(_LONGEST_THREAD)}
        messages = await self._read("conversations.replies", wanted)
        return messages if isinstance(messages, Transient) else _ids(messages)

    async def _read(self, method: str, wanted: dict[str, str]) -> list[Result] | Transient:
        """Messages that stand in Slack. None of them when it does not let us read: then the note goes out once more,
        marked. A pause that Slack asks for holds for the note too."""
        result = await self._api.read(method, {**wanted, "include_all_metadata": "true"})
        if isinstance(result, Refused):
            outcome = result.outcome
            return outcome if isinstance(outcome, Transient) and outcome.retry_after_s is not None else []
        messages = result.get("messages")
        return [one for one in messages if isinstance(one, dict)] if isinstance(messages, list) else []

    def _moved(self, refused: Refused, parent: Place) -> bool:
        """The parent stands where this channel used to be, and that is out of reach by now."""
        return refused.channel_missing and parent.channel != self._channel

    @staticmethod
    def _reference(message: Message, channel: str, ts: str) -> str:
        return str(Place(channel, ts, storm=message.kind in _EDITED))


def _payload(message: Message) -> Payload:
    """With our id in the plain form too: it is what a repeat is recognised by."""
    return {**slack_payload(message), "metadata": slack_metadata(message)}


def _ids(messages: Iterable[Result]) -> dict[str, list[str]]:
    """Each id of ours with the `ts` of those that carry it."""
    found: dict[str, list[str]] = {}
    for message in messages:
        identifier = id_in(message.get("metadata"))
        if identifier is not None:
            found.setdefault(identifier, []).append(text_in(message, "ts"))
    return found


def _harmless(outcome: Outcome) -> Outcome:
    """An edit whose outcome is not known can be repeated as if it had failed."""
    return Transient(outcome.reason) if isinstance(outcome, Unknown) else outcome
