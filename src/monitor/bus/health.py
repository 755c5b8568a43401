"""Health and metrics of every process in Redis: written by each, read by the dashboard and by checks."""

from redis.asyncio import Redis

from monitor.bus.redis import answer
from monitor.runtime.health import Health, decode_health
from monitor.wire.keys import Keys


class HealthKeys:
    """The health and metrics keys of all services. client: command client. keys: of any board, the prefix counts."""

    def __init__(self, client: Redis, keys: Keys) -> None:
        self._client = client
        self._keys = keys

    async def write(self, service: str, instance: str, health: bytes, metrics: bytes, ttl_s: float) -> None:
        """Keep both texts for `ttl_s` seconds."""
        ttl_ms = max(1, int(ttl_s * 1000))
        async with self._client.pipeline(transaction=False) as pipe:
            pipe.set(self._keys.health(service, instance), health, px=ttl_ms)
            pipe.set(self._keys.metrics(service, instance), metrics, px=ttl_ms)
            await pipe.execute()

    async def remove(self, service: str, instance: str) -> None:
        """Forget both texts: the process has ended as it should."""
        await answer(self._client.delete(self._keys.health(service, instance), self._keys.metrics(service, instance)))

    async def read(self) -> list[Health]:
        """What every living process says of itself, by service and instance. Records that cannot be read are left
        out."""
        found = []
        for value in (await self._values(self._keys.health("*", "*"))).values():
            try:
                found.append(decode_health(value))
            except ValueError:
                continue
        return sorted(found, key=lambda health: (health.service, health.instance))

    async def metrics(self) -> dict[tuple[str, str], bytes]:
        """(service, instance) → Prometheus text, for `monitor.runtime.metrics.joined`."""
        prefix = self._keys.metrics("", "").removesuffix(":")
        texts = {}
        for name, text in (await self._values(self._keys.metrics("*", "*"))).items():
            service, _, instance = name.removeprefix(prefix).partition(":")
            texts[service, instance] = text
        return texts

    async def _values(self, pattern: str) -> dict[str, bytes]:
        names = sorted([name async for name in self._client.scan_iter(match=pattern, count=500)])
        values = await answer(self._client.mget(names)) if names else []
        return {name.decode(): value for name, value in zip(names, values, strict=True) if value is not None}
