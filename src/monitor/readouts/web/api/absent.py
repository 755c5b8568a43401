"""What stands in for a past or a desk that a dashboard was made without."""

from collections.abc import Awaitable, Callable
from typing import Any

from monitor.readouts.web.api.refusal import RefusedError


class Absent:
    """Whatever is asked of it is refused: 503. Only the alert history it has, an empty one."""

    async def events(self, after: str | None, count: int = 100) -> list[Any]:
        """See `Desk`."""
        return []

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
        async def refuse(*_: Any, **__: Any) -> Any:
            raise RefusedError(503, "not available", reason="this dashboard was started without it")

        return refuse
