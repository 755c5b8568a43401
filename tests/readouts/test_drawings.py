"""Pictures of pages: what is shown while a page cannot be drawn, and afterwards."""

from redis.exceptions import ConnectionError as RedisConnectionError

from monitor.readouts.live import LiveBoard, Observation
from monitor.readouts.web.pages.drawings import Drawings
from monitor.readouts.web.pages.frame import waiting
from monitor.readouts.web.pages.picture import Picture
from monitor.readouts.web.pages.screen import Address
from monitor.runtime.clock import SystemClock
from tests.eventually import eventually
from tests.readouts.sample import sample


class _Reader:
    board = "hk-us"


class _Flaky:
    """A page that cannot be drawn the first time."""

    path = "/"
    choices: tuple[str, ...] = ()

    def __init__(self) -> None:
        self.asked = 0

    async def draw(self, seen: Observation, address: Address) -> Picture:
        """Fails once."""
        self.asked += 1
        if self.asked == 1:
            raise RedisConnectionError("refused")
        return waiting()


async def test_a_page_is_drawn_again_when_redis_answers_though_the_board_stands_still() -> None:
    """The trouble of a page that could not be drawn goes when it can be, without a new snapshot; a picture that could
    be drawn is not drawn twice."""
    clock, screen = SystemClock(), _Flaky()
    live = LiveBoard(_Reader(), clock)  # type: ignore[arg-type]
    live.problem = ""
    live.newest = Observation(version=1, document=b"", snapshot=sample(), alerts=(), seen_ns=clock.now_ns())
    drawings = Drawings(live, clock, {"": screen})

    async def trouble() -> str:
        return (await drawings.now(Address(""))).cells["trouble"].text

    async def well() -> bool:
        return await trouble() == ""

    assert await trouble() == "Redis does not answer: refused"
    await eventually(well)
    assert screen.asked == 2
    assert await trouble() == ""
    assert screen.asked == 2
