"""The rules of a vendor that is described by a file: log in, subscribe, stay alive, understand (FEEDS section 6)."""

from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import structlog
from msgspec.structs import replace
from websockets.frames import CloseCode

from monitor.core.quotes.raw import RawQuote
from monitor.feeds.conversation import Turn
from monitor.feeds.foreign_text import shown
from monitor.feeds.port import FrameError
from monitor.feeds.ws_json.decode import UNKNOWN_MESSAGE, Complaint, Decoder, Meaning, condition, holds
from monitor.feeds.ws_json.requests import Requests
from monitor.feeds.ws_json.rival import Rival
from monitor.feeds.ws_json.shapes import Shapes
from monitor.feeds.ws_json.spec import Auth, FeedSpec
from monitor.feeds.ws_json.wanted import Wanted

log = structlog.get_logger(__name__)

_TROUBLE_OF_ITS_OWN = (
    CloseCode.GOING_AWAY,
    CloseCode.INTERNAL_ERROR,
    CloseCode.SERVICE_RESTART,
    CloseCode.TRY_AGAIN_LATER,
    CloseCode.BAD_GATEWAY,
)
"""Codes with which a server ends a connection because of itself, and of no other client."""
_MOST_REFUSED = 50
"""Refusals of a connection that are kept for the summary."""


class _Stage(Enum):
    BEFORE_LOGIN = 1
    LOGGING_IN = 2
    SUBSCRIBED = 3


class JsonVendor:
    """One vendor, for all connections of a feed.

    symbols: the vendor's own, the most wanted first. secrets: values of the placeholders. source: of the quotes. uuid:
    makes identifiers. Raises ConfigError for a specification that cannot work.
    """

    def __init__(
        self,
        spec: FeedSpec,
        symbols: Sequence[str],
        secrets: Mapping[str, str],
        *,
        source: str,
        uuid: Callable[[], str] = lambda: str(uuid4()),
    ) -> None:
        self.source = source
        where = f"feeds/{source}.toml"
        connection = spec.connection
        self.heartbeat_s = connection.heartbeat.every_s if connection.heartbeat else None
        self.answer_s = connection.auth.timeout_s if connection.auth else None
        self.pace_s = connection.limits.min_interval_s
        self._spec = spec
        self._auth = connection.auth or Auth()
        self._after = condition(self._auth.after, where, "connection.auth.after")
        self._granted = condition(self._auth.wait_for, where, "connection.auth.wait_for")
        self._denied = condition(self._auth.fail_when, where, "connection.auth.fail_when")
        self._decoder = Decoder(spec.decode, where)
        self._wanted = Wanted(spec, symbols)
        self._requests = Requests(secrets, uuid)
        self._secrets = (*secrets.values(), *(quote(secret, safe="") for secret in secrets.values()))
        self._rival = Rival(spec.reconnect.min_uptime_s)
        self._shapes = Shapes()
        self._stage = _Stage.BEFORE_LOGIN
        self._served = False
        self._refused: dict[str, None] = {}
        self._complaint = ""

    def opened(self, now_ns: int) -> Turn:
        """Log in, or subscribe at once where the address or a header has said who we are."""
        self._requests.start()
        self._stage = _Stage.BEFORE_LOGIN
        self._served = False
        self._refused.clear()
        self._complaint = ""
        return Turn() if self._after is not None else self._log_in(now_ns)

    def received(self, frame: bytes, recv_ns: int) -> Turn:
        """One frame, which may carry several messages. Raises FrameError for one that is no JSON."""
        turns = [self._message(message, recv_ns) for message in self._decoder.messages(frame)]
        return turns[0] if len(turns) == 1 else _together(turns)

    def heartbeat(self, now_ns: int) -> Turn:
        """A sign of life, once we are logged in."""
        heartbeat = self._spec.connection.heartbeat
        if heartbeat is None or self._stage is not _Stage.SUBSCRIBED:
            return Turn()
        return Turn(say=[self._requests.message(heartbeat.template, now_ns)])

    def closed(self, code: int | None, lived_s: float) -> str:
        """Useless after the vendor's own codes for that, and when another process takes our place again and again."""
        if code in self._spec.reconnect.fatal_closes:
            return f"closed with code {code}, which this vendor uses for what only a person can change"
        alone = self._spec.connection.limits.connections is not None
        if (
            alone
            and code is not None
            and code not in _TROUBLE_OF_ITS_OWN
            and self._rival.ended(served=self._served, lived_s=lived_s)
        ):
            return (
                "another process seems to use the same key, as the server ends each connection soon after it works: "
                "stop the other one, then start this one again"
            )
        return ""

    def _log_in(self, now_ns: int) -> Turn:
        say = [] if self._auth.send is None else [self._requests.message(self._auth.send, now_ns)]
        if self._granted is None:
            return self._subscribe(now_ns, say)
        self._stage = _Stage.LOGGING_IN
        return Turn(say=say)

    def _subscribe(self, now_ns: int, first: Sequence[str] = ()) -> Turn:
        self._stage = _Stage.SUBSCRIBED
        # Where nobody answers, a connection has served only when something has been delivered.
        self._served = self._granted is not None
        say = self._requests.subscription(self._spec.connection.subscribe, self._wanted.asked, now_ns)
        return Turn(say=[*first, *say], ready=True, detail=self._detail())

    def _message(self, message: Any, recv_ns: int) -> Turn:
        if self._stage is not _Stage.SUBSCRIBED:
            turn = self._login_turn(message, recv_ns)
            if turn is not None:
                return turn
        match self._decoder.meaning(message):
            case Meaning.DATA:
                return self._data(message, recv_ns)
            case Meaning.ACK:
                return self._answered(message)
            case Meaning.ERROR:
                return self._complained(self._decoder.complaint(message))
            case Meaning.UNKNOWN:
                self._shapes.note(message, self.source)
                return Turn([FrameError(UNKNOWN_MESSAGE)])
        return Turn()

    def _login_turn(self, message: Any, recv_ns: int) -> Turn | None:
        """What a message means to the login; None: nothing."""
        if self._stage is _Stage.BEFORE_LOGIN and holds(self._after, message):
            return self._log_in(recv_ns)
        if self._stage is _Stage.LOGGING_IN and holds(self._granted, message):
            return self._subscribe(recv_ns)
        if not holds(self._denied, message):
            return None
        if self._decoder.meaning(message) is Meaning.ERROR:
            return self._complained(self._decoder.complaint(message))
        return Turn(failed="the server refuses the login")

    def _data(self, message: Any, recv_ns: int) -> Turn:
        records = self._decoder.quotes(message, self.source, recv_ns)
        self._served = self._served or bool(records)
        return Turn([self._ours(record) for record in records])

    def _ours(self, record: RawQuote | FrameError) -> RawQuote | FrameError:
        if isinstance(record, FrameError):
            return record
        symbol = self._wanted.ours(record.source_symbol)
        return record if symbol == record.source_symbol else replace(record, source_symbol=symbol)

    def _answered(self, message: Any) -> Turn:
        answer = self._decoder.answer(message)
        room = _MOST_REFUSED - len(self._refused)
        new = {shown(refusal, self._secrets): None for refusal in answer.refused[: max(0, room)]}
        self._refused |= new
        for symbol in answer.taken:
            self._refused.pop(symbol, None)
        if not new or self._stage is not _Stage.SUBSCRIBED:
            return Turn()
        log.warning("feed.refused_symbols", source=self.source, refused=list(new))
        return Turn(ready=True, detail=self._detail())

    def _complained(self, complaint: Complaint) -> Turn:
        """An error ends a login; later it is for the server to end the connection, or not."""
        code = "" if complaint.code is None else f"{complaint.code} "
        said = f"the server says: {shown(f'{code}{complaint.message}', self._secrets) or 'an error without words'}"
        if complaint.fatal:
            return Turn(failed=said)
        if self._stage is not _Stage.SUBSCRIBED:
            return Turn(hang_up=said)
        if said == self._complaint:
            return Turn()
        self._complaint = said
        log.warning("feed.error", source=self.source, said=said)
        return Turn(ready=True, detail=self._detail())

    def _detail(self) -> str:
        summary = self._wanted.summary(self._refused)
        return f"{summary}; {self._complaint}" if self._complaint else summary


def _together(turns: Sequence[Turn]) -> Turn:
    """The turns of one frame's messages as one, up to the first that ends the connection."""
    records: list[RawQuote | FrameError] = []
    say: list[str] = []
    ready, detail = False, ""
    for turn in turns:
        records.extend(turn.records)
        say.extend(turn.say)
        if turn.ready:
            ready, detail = True, turn.detail
        if turn.failed or turn.hang_up:
            return Turn(records, failed=turn.failed, hang_up=turn.hang_up)
    return Turn(records, say, ready, detail)
