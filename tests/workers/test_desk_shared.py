"""An answer that many viewers share."""

import asyncio

import pytest

from monitor.workers.desk.shared import Shared


async def test_who_asks_within_a_moment_shares_the_answer() -> None:
    """A hundred at once and the next one cost one reading; after `forget` it is read anew."""
    asked = 0

    async def read() -> int:
        nonlocal asked
        asked += 1
        await asyncio.sleep(0)
        return asked

    shared = Shared(read, for_s=60.0)
    assert await asyncio.gather(*(shared.get() for _ in range(100))) == [1] * 100
    assert await shared.get() == 1
    shared.forget()
    assert await shared.get() == 2


async def test_trouble_is_shared_too() -> None:
    """A Redis that hangs is waited for once, not once a viewer; who leaves in the middle leaves nothing behind."""
    asked = 0

    async def read() -> int:
        nonlocal asked
        asked += 1
        await asyncio.sleep(0)
        raise ConnectionError("gone")

    shared = Shared(read, for_s=60.0)
    first = asyncio.create_task(shared.get())
    await asyncio.sleep(0)
    first.cancel()
    for _ in range(3):
        with pytest.raises(ConnectionError, match="gone"):
            await shared.get()
    assert asked == 2
