"""What holds for every fault."""

from collections.abc import Iterator

import pytest

from tests.faults.lab import SECRET


@pytest.fixture(autouse=True)
def _no_secret_is_told(capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Nothing that the program wrote, or handed to a logger, holds the feed's secret."""
    yield
    written = capfd.readouterr()
    assert SECRET not in written.out + written.err + caplog.text
