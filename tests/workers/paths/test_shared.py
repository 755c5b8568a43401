"""Answers that many share."""

import asyncio

import pytest

from monitor.workers.paths.shared import SharedAnswers


class Work:
    """Counts how often it is done; waits until it may end."""

    def __init__(self) -> None:
        self.done = 0
        self.may_end = asyncio.Event()

    async def __call__(self) -> int:
        await self.may_end.wait()
        self.done += 1
        return self.done


async def test_who_asks_meanwhile_gets_the_same_answer() -> None:
    """Twenty questions at once are one piece of work, and until the edition changes nobody works again."""
    answers, work = SharedAnswers[int](4), Work()
    asking = [asyncio.create_task(answers.of("q", 1, work)) for _ in range(20)]
    work.may_end.set()

    assert await asyncio.gather(*asking) == [1] * 20
    assert await answers.of("q", 1, work) == 1
    assert await answers.of("q", 2, work) == 2


async def test_a_viewer_that_leaves_stops_nobody() -> None:
    """The first who asked is cancelled; the others still get their answer."""
    answers, work = SharedAnswers[int](4), Work()
    first, second = (asyncio.create_task(answers.of("q", 1, work)) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    work.may_end.set()

    assert await second == 1
    assert first.cancelled() or await asyncio.wait([first])


async def test_a_failure_is_not_kept() -> None:
    """All who wait hear of it, and the next question is asked anew."""
    answers = SharedAnswers[int](4)

    async def fail() -> int:
        raise OSError("away")

    asking = [asyncio.create_task(answers.of("q", 1, fail)) for _ in range(3)]
    for failed in await asyncio.gather(*asking, return_exceptions=True):
        assert isinstance(failed, OSError)
    work = Work()
    work.may_end.set()
    assert await answers.of("q", 1, work) == 1


async def test_the_question_not_asked_for_longest_is_forgotten() -> None:
    """No more answers are kept than may be, whatever is asked."""
    answers, work = SharedAnswers[int](2), Work()
    work.may_end.set()
    for question in ("a", "b", "a", "c"):
        await answers.of(question, 1, work)

    assert await answers.of("a", 1, work) == 1
    assert await answers.of("b", 1, work) == 4


async def test_an_abandoned_failure_is_silent(caplog: pytest.LogCaptureFixture) -> None:
    """When everybody who asked has left, a failure troubles no one: the event loop has nothing to complain of."""
    answers, may_end = SharedAnswers[int](2), asyncio.Event()

    async def fail() -> int:
        await may_end.wait()
        raise OSError("away")

    asking = asyncio.create_task(answers.of("q", 1, fail))
    await asyncio.sleep(0)
    asking.cancel()
    may_end.set()
    await asyncio.wait([asking])
    await asyncio.sleep(0)

    assert "never retrieved" not in caplog.text
