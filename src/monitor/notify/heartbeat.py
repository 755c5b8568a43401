"""An outgoing heartbeat: an address somewhere else that is fetched while all is well. When it is fetched no more,
whoever keeps it knows that this host, or its network, is dead."""

from urllib.parse import urlsplit

from monitor.notify.http import Lost, Poster, check_address, secrets_in


class Heartbeat:
    """One address, which is a secret. timeout_s: of a request. Raises ValueError, without the address, when `url` is
    none."""

    def __init__(self, url: str, *, timeout_s: float = 10.0) -> None:
        check_address(url)
        self._url = url
        self._poster = Poster(secrets=secrets_in(url), timeout_s=timeout_s)

    def __repr__(self) -> str:
        return f"Heartbeat({urlsplit(self._url).hostname})"

    async def beat(self) -> str | None:
        """Fetch it once, no redirect followed. None when it answered with 2xx, else the reason in words."""
        try:
            answer = await self._poster.get(self._url, {})
        finally:
            await self._poster.close()  # between two beats nothing is open
        if isinstance(answer, Lost):
            return answer.reason
        return None if 200 <= answer.status < 300 else answer.reason
