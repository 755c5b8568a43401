"""`monitor explain`: a metric of recorded quotes, of the running board, and a name that is none."""

import json
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from redis.asyncio import Redis

from monitor.assembly.site import Site
from monitor.assembly.spread import make_board
from monitor.bus.log import Position
from monitor.core.bars import Bars
from monitor.core.event import Quote
from monitor.core.instant import parse_instant
from monitor.workers.checkpoint import CHECKPOINT_VERSION, Checkpoint
from tests.cli.commands import Commands
from tests.processes import environment
from tests.shared import SHARED, needs_shared

DAILY = SHARED / "data" / "daily"
FRIDAY = ("--at", "2025-02-21", "--data", DAILY, "--basis", "split_adjusted")


@pytest.fixture(scope="module")
def commands() -> Iterator[Commands]:
    with Commands() as running:
        yield running


@needs_shared
def test_the_spread_of_the_article(commands: Commands) -> None:
    """HSTECH +31.1 % and the Composite +1.1 % on 21 February 2025, from the closes that it says, line by line."""
    done = commands.run("explain", "hstech-ixic.spread_pp.ytd", *FRIDAY, env=environment())

    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert lines[1] == "hstech-ixic.spread_pp.ytd  30.031834 pp"
    assert "= 100 × (r_a − r_b)" in lines
    assert "= 100 × (0.3113598 − 0.0110415)" in lines
    assert "│   = (5859.3 − 4468.11) / 4468.11" in lines
    assert "    = (19524.01 − 19310.79) / 19310.79" in lines
    assert done.out.count("official close of 2024-12-31") == 2
    assert lines[-1] == "as of 2025-02-21T21:00:00.000Z"


@needs_shared
def test_the_document(commands: Commands) -> None:
    """`--json` is one document with everything in it: actions by name, the sessions of a statistic."""
    split = commands.run("explain", "NVDA.return_pct.1y", *FRIDAY, "--json", env=environment())
    score = commands.run("explain", "hstech-ixic.z.1d", *FRIDAY, "--json", env=environment())

    nvidia = json.loads(split.out)
    baseline = named(nvidia["explanation"], "baseline")
    assert (nvidia["metric"], nvidia["ref_date"]) == ("NVDA.return_pct.1y", "2025-02-21")
    assert named(baseline, "factor")["notes"] == ["2024-06-10:SPLIT"]
    assert baseline["value"] == pytest.approx(named(baseline, "close")["value"] / 10)
    sessions = named(json.loads(score.out)["explanation"], "mean")["series"]
    assert len(sessions) == 60
    assert max(sessions) == "2025-02-20"


def named(explanation: dict[str, Any], name: str) -> dict[str, Any]:
    """The first part of a name, wherever it is in the tree."""
    for part in explanation["parts"]:
        if part["name"] == name:
            return part
        if found := named(part, name):
            return found
    return {}


def test_no_colour_and_eighty_columns(commands: Commands) -> None:
    """Piped it is plain text of at most 80 columns, also of names that are long."""
    plain = commands.run(
        "explain", "china-m7_mag7.spread_pp.ytd", "--at", "2025-02-21", env=environment(NO_COLOR="1", COLUMNS="80")
    )
    assert plain.code == 0
    assert "\x1b" not in plain.out
    assert max(len(line) for line in plain.out.splitlines()) <= 80


def test_a_slip_of_the_pen(commands: Commands) -> None:
    """The nearest names, on standard error, and exit code 2."""
    done = commands.run("explain", "hstech-ixic.spread.ytd", "--at", "2025-02-21", env=environment())
    assert (done.code, done.out) == (2, "")
    assert "Did you mean hstech-ixic.spread_pp.ytd" in done.err
    assert "Traceback" not in done.err


async def test_the_running_board(redis: Redis, redis_url: str, commands: Commands, monkeypatch: Any) -> None:
    """Without --at it is the board as the calculator last saved it; before there is one the command says so."""
    variables = environment(MONITOR_REDIS__URL=redis_url, MONITOR_FEED="replay", MONITOR_REDIS__PREFIX="explained")
    early = commands.run("explain", "HSTECH.price.now", env=variables)
    for name, value in variables.items():
        if name.startswith("MONITOR_"):
            monkeypatch.setenv(name, value)
    site = Site()
    board = make_board(site)
    event_ns = parse_instant("2025-02-21T02:00:00Z")
    board.apply(Quote("HSTECH", "yahoo", event_ns, event_ns, price=4_300.0))
    saved = Checkpoint(CHECKPOINT_VERSION, Position(), 0, 0, board.dump(), Bars())
    await redis.set(site.keys.checkpoint, msgspec.msgpack.encode(saved))

    done = commands.run("explain", "HSTECH.price.now", env=variables)

    assert early.code == 2
    assert "no calculator has saved board hk-us yet" in early.err
    assert (done.code, done.err) == (0, "")
    assert "HSTECH.price.now  4,300 HKD" in done.out
    assert "quote from yahoo, session 2025-02-21" in done.out
    assert "as the calculator saved it at 2025-02-21T02:00:00.000Z" in done.out


async def test_a_checkpoint_of_another_board(redis: Redis, redis_url: str, commands: Commands) -> None:
    """What cannot be read is said, with the likely reason."""
    variables = environment(MONITOR_REDIS__URL=redis_url, MONITOR_REDIS__PREFIX="explained")
    await redis.set("explained:{hk-us}:checkpoint", b"rubbish")
    done = commands.run("explain", "HSTECH.price.now", env=variables)
    assert done.code == 2
    assert "Is the calculator configured like this?" in done.err
