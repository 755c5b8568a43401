from typing import Any

from monitor.readouts.web.api.refusal import RefusedError


class Absent:
    async def events(self, after: Any, count: int = 100) -> list[Any]:
        return []

    def __getattr__(self, name: str) -> Any:
        async def refuse(*_: Any, **__: Any) -> Any:
            raise RefusedError(503, "not available")

        return refuse
