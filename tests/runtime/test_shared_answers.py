"""Answers that many share."""

import asyncio

import pytest

from monitor.runtime.shared_answers import SharedAnswers


class Work:
    """Counts how often it is begun; waits until it may end, then gives that number, or fails with it."""

    def __init__(self, *, fails: bool = False) -> None:
        self.begun = 0
        self.may_end = asyncio.Event()
        self._fails = fails

    async def __call__(self) -> int:
        self.begun += 1
        number = self.begun
        await self.may_end.wait()
        if self._fails:
            raise OSError(f"away {number}")
        return number


class HandClock:
    """Seconds, moved by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def at_once(*, fails: bool = False) -> Work:
    """Work that need not wait."""
    work = Work(fails=fails)
    work.may_end.set()
    return work


async def asking(answers: SharedAnswers, work: Work, count: int) -> list[asyncio.Task[int]]:
    """Those who ask now; all of them wait when it returns."""
    tasks = [asyncio.create_task(answers.of("q", work)) for _ in range(count)]
    await asyncio.sleep(0)
    return tasks


async def test_who_asks_meanwhile_gets_the_same_answer() -> None:
    """Twenty questions at once are one piece of work, and so is whoever asks later."""
    answers, work = SharedAnswers(4), Work()
    tasks = await asking(answers, work, 20)
    work.may_end.set()

    assert await asyncio.gather(*tasks) == [1] * 20
    assert await answers.of("q", work) == 1
    assert await answers.of("other", work) == 2


async def test_another_edition_is_asked_anew() -> None:
    """An answer is shared while the edition stays the same; who still waits for the one before gets that one."""
    answers, work = SharedAnswers(4), Work()
    old = asyncio.create_task(answers.of("q", work, edition=1))
    await asyncio.sleep(0)
    new = asyncio.create_task(answers.of("q", work, edition=2))
    await asyncio.sleep(0)
    work.may_end.set()

    assert (await old, await new) == (1, 2)
    assert await answers.of("q", work, edition=2) == 2
    assert await answers.of("q", work, edition=1) == 3


async def test_an_answer_is_good_for_a_while() -> None:
    """It is asked anew `age_s` after it came, however long it took to come; a question may have an age of its own."""
    clock, work = HandClock(), Work()
    answers = SharedAnswers(4, age_s=0.5, now_s=clock)
    tasks = await asking(answers, work, 1)
    clock.now += 60
    tasks += await asking(answers, work, 1)
    work.may_end.set()
    assert await asyncio.gather(*tasks) == [1, 1]

    clock.now += 0.25
    assert await answers.of("q", work) == 1
    clock.now += 0.25
    assert await answers.of("q", work, age_s=60.0) == 1
    assert await answers.of("q", work) == 2


async def test_a_viewer_that_leaves_stops_nobody() -> None:
    """The first who asked is cancelled; the others still get their answer, of the same work."""
    answers, work = SharedAnswers(4), Work()
    first, second = await asking(answers, work, 2)
    first.cancel()
    work.may_end.set()

    assert await second == 1
    assert first.cancelled()


async def test_a_failure_is_not_kept() -> None:
    """All who wait hear of it, and the next question is asked anew."""
    answers, work = SharedAnswers(4), Work(fails=True)
    tasks = await asking(answers, work, 3)
    work.may_end.set()

    failures = await asyncio.gather(*tasks, return_exceptions=True)
    assert [str(failure) for failure in failures] == ["away 1"] * 3
    assert await answers.of("q", at_once()) == 1


async def test_a_failure_may_be_good_for_a_while_too() -> None:
    """A Redis that hangs is waited for once, not once a viewer, until `failure_s` have passed."""
    clock, work = HandClock(), at_once(fails=True)
    answers = SharedAnswers(4, failure_s=0.5, now_s=clock)
    for _ in range(3):
        with pytest.raises(OSError, match="away 1"):
            await answers.of("q", work)
    clock.now += 0.5

    with pytest.raises(OSError, match="away 2"):
        await answers.of("q", work)


async def test_work_that_was_cancelled_is_asked_anew() -> None:
    """Nobody is told again that work was cancelled, however long failures are kept."""
    answers = SharedAnswers(4, failure_s=60.0)

    async def cancelled() -> int:
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await answers.of("q", cancelled)
    assert await answers.of("q", at_once()) == 1


async def test_what_was_forgotten_is_asked_anew() -> None:
    """Also while an answer is under way: it may be of what was true before; who waits for it still gets it."""
    answers, work = SharedAnswers(4), Work()
    (before,) = await asking(answers, work, 1)
    answers.forget("q")
    (after,) = await asking(answers, work, 1)
    work.may_end.set()

    assert (await before, await after) == (1, 2)
    assert await answers.of("q", work) == 2
    answers.forget("q")
    answers.forget("never asked")
    assert await answers.of("q", work) == 3


async def test_the_question_not_asked_for_longest_is_forgotten() -> None:
    """No more answers are kept than may be, whatever is asked."""
    answers, work = SharedAnswers(2), at_once()
    for question in ("a", "b", "a", "c"):
        await answers.of(question, work)

    assert await answers.of("a", work) == 1
    assert await answers.of("b", work) == 4


async def test_an_abandoned_failure_is_silent(caplog: pytest.LogCaptureFixture) -> None:
    """When everybody who asked has left, a failure troubles no one: the event loop has nothing to complain of."""
    answers, work = SharedAnswers(2), Work(fails=True)
    (leaving,) = await asking(answers, work, 1)
    leaving.cancel()
    work.may_end.set()
    await asyncio.wait([leaving])
    for _ in range(3):
        await asyncio.sleep(0)
    answers.forget("q")

    assert "never retrieved" not in caplog.text
