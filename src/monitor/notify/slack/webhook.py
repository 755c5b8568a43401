"""Slack through an incoming webhook: every note is a message of its own, since no answer says where it stands."""

import json
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from monitor.core.placeholder import is_placeholder
from monitor.notify.http import JSON, Lost, Poster, check_address, secrets_in
from monitor.notify.port import Charting, Message, Outcome
from monitor.notify.slack.answers import hook_outcome
from monitor.notify.slack.blocks import slack_payload


class SlackWebhook:
    """One incoming webhook.

    url: the secret address Slack gave; http is allowed so that a local server can take its place. timeout_s: of the
    whole request. Raises ValueError, without the address, when `url` is no address or still the documented placeholder.
    """

    def __init__(self, url: str, *, timeout_s: float = 10.0) -> None:
        _check(url)
        self._url = url
        self._poster = Poster(secrets=secrets_in(url), timeout_s=timeout_s)

    def __repr__(self) -> str:
        return f"SlackWebhook({urlsplit(self._url).hostname})"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    @property
    def charting(self) -> Charting:
        return Charting.NONE

    async def send(self, message: Message) -> Outcome:
        """One POST, no redirect followed, nothing repeated."""
        body = json.dumps(slack_payload(message), ensure_ascii=False).encode()
        answer = await self._poster.post(self._url, body, JSON)
        return answer.outcome if isinstance(answer, Lost) else hook_outcome(answer)

    async def close(self) -> None:
        await self._poster.close()


def _check(url: str) -> None:
    try:
        check_address(url)
    except ValueError:
        raise ValueError(
            "a Slack webhook is an http(s) address; copy it from the app's page 'Incoming Webhooks'"
        ) from None
    if is_placeholder(url):
        raise ValueError(
            "the Slack webhook is still a placeholder of the documentation; put the app's own address there"
        )
