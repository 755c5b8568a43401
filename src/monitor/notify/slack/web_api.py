"""The methods of Slack's Web API that the bot needs, one request each (docs.slack.dev/apis/web-api)."""

import json
from collections.abc import Mapping
from urllib.parse import urlencode, urlsplit

from monitor.core.placeholder import is_placeholder
from monitor.notify.http import FORM, JSON, Lost, Poster, check_address
from monitor.notify.port import Outcome, Permanent
from monitor.notify.slack.answers import Refused, Result, api_result, upload_outcome

BASE_URL = "https://slack.com/api/"

_ECHO = 1 << 20
"""Bytes: an answer repeats the message, which may have 40,000 characters of six bytes."""
_READ = 4 << 20
"""Bytes: some hundred messages with their blocks."""


class WebApi:
    """Slack under one bot token.

    token: `xoxb-…`; it travels in the Authorization header of requests to `base_url` and nowhere else. base_url: where
    the methods are. timeout_s: of one request; reading takes at most half of it. Raises ValueError, without the token,
    when one of them cannot be used.
    """

    def __init__(self, token: str, base_url: str = BASE_URL, *, timeout_s: float = 10.0) -> None:
        _check(token, base_url)
        self._base_url = base_url.rstrip("/") + "/"
        self._authorization = {"Authorization": f"Bearer {token}"}
        self._poster = Poster(secrets=(token,), timeout_s=timeout_s)
        self._reading_s = timeout_s / 2

    def __repr__(self) -> str:
        return f"WebApi({self.host})"

    @property
    def host(self) -> str:
        """Name of the machine that is asked."""
        return urlsplit(self._base_url).hostname or ""

    async def call(self, method: str, arguments: Mapping[str, object]) -> Result | Refused:
        """A method that takes JSON."""
        return await self._post(method, json.dumps(arguments, ensure_ascii=False).encode(), JSON)

    async def submit(self, method: str, arguments: Mapping[str, str]) -> Result | Refused:
        """A method that takes a form: `files.getUploadURLExternal` has refused JSON that its page allows."""
        return await self._post(method, urlencode(arguments).encode(), FORM)

    async def read(self, method: str, arguments: Mapping[str, str]) -> Result | Refused:
        """A method that only tells something."""
        url = f"{self._base_url}{method}?{urlencode(arguments)}"
        answer = await self._poster.get(url, self._authorization, largest=_READ, timeout_s=self._reading_s)
        return Refused(answer.outcome) if isinstance(answer, Lost) else api_result(answer)

    async def upload(self, url: str, file: bytes) -> Outcome:
        """Bring a file to the address that `files.getUploadURLExternal` named, without the token: the address is its
        own permission. Only over TLS, or to the host and by the scheme of the API itself."""
        if not self._may_take_files(url):
            return Permanent("Slack named no address, or an unprotected one elsewhere, for the file")
        answer = await self._poster.post(url, file, {"Content-Type": "application/octet-stream"})
        return answer.outcome if isinstance(answer, Lost) else upload_outcome(answer)

    async def close(self) -> None:
        await self._poster.close()

    async def _post(self, method: str, body: bytes, headers: Mapping[str, str]) -> Result | Refused:
        answer = await self._poster.post(
            self._base_url + method, body, {**self._authorization, **headers}, largest=_ECHO
        )
        return Refused(answer.outcome) if isinstance(answer, Lost) else api_result(answer)

    def _may_take_files(self, url: str) -> bool:
        try:
            check_address(url)
        except ValueError:
            return False
        there, here = urlsplit(url), urlsplit(self._base_url)
        return there.scheme == "https" or (there.scheme, there.hostname) == (here.scheme, here.hostname)


def _check(token: str, base_url: str) -> None:
    try:
        check_address(base_url)
    except ValueError:
        raise ValueError("base_url is the http(s) address of Slack's methods, such as https://slack.com/api/") from None
    if not token or not all("!" <= c <= "~" for c in token):
        raise ValueError("a bot token is one word; copy it from the app's page 'OAuth & Permissions'")
    if is_placeholder(token):
        raise ValueError("the bot token is still a placeholder of the documentation; put the app's own there")
