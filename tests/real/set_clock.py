"""A clock that stands where a test puts it."""


class SetClock:
    """ns: what it shows, nanoseconds since 1970-01-01 UTC, until the test sets another time. Nobody may wait by it."""

    def __init__(self, now_ns: int) -> None:
        self.ns = now_ns

    def now_ns(self) -> int:
        return self.ns

    async def sleep(self, seconds: float) -> None:
        raise AssertionError(f"asked to sleep for {seconds:g} s by a clock that stands")
