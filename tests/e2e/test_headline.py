"""Headlines and claims as a user asks for them: real closes at several dates, the live board, and what is refused."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis.asyncio import Redis

from monitor.core.snapshot import Snapshot
from monitor.readouts.headline import headlines
from tests.cli.commands import Commands
from tests.e2e.shipped import CONFIG, DAILY, snapshots_at
from tests.processes import environment
from tests.readouts.publishing import publish
from tests.readouts.sample import sample
from tests.readouts.sample_views import DATA_ALERTS
from tests.shared import needs_shared

NO_REDIS = "unix:///tmp/there-is-no-such-redis.sock"
SENTENCES = {
    # A correction had ended on 26 September 2024; the bull market had begun in March.
    "2024-10-02": ["Hang Seng TECH: bull market since 12 March 2024 (+71.6 % from the low of 31 January)"],
    "2025-02-12T08:10:00Z": [
        "Hang Seng TECH +25.1 % since 13 January 2025, Nasdaq-100 +4.4 % at Tuesday's close: 20.7 points ahead",
        "Hang Seng TECH: bull market since 7 February 2025 (+25.1 % from the low of 13 January)",
        "Hang Seng TECH 0.1 % below the peak of 10 February 2025",
    ],
    "2025-02-17": [
        "Hang Seng TECH −0.5 % on Monday, Nasdaq Composite +0.4 % on Friday: 0.9 points behind",
        "Nasdaq-100 at Friday's close: highest close on file, which goes back to 3 January 2023",
    ],
    "2025-02-21": [
        "Hang Seng TECH +31.1 % this year, Nasdaq Composite +1.1 %: 30.0 points ahead",
        "Hang Seng TECH +6.0 % this week, Nasdaq Composite −2.5 %: 8.5 points ahead",
        "Hang Seng TECH +6.5 % on Friday, Nasdaq Composite −2.2 %: 8.7 points ahead",
        "Best of the China M7 this year: SMIC +71.0 %; worst: Meituan +7.4 %",
        "China M7 average +43.1 % this year, Magnificent Seven average −1.6 %: 44.7 points ahead",
        "Hang Seng TECH: highest close since 21 January 2022",
        "Hang Seng TECH: bull market since 7 February 2025 (+38.8 % from the low of 13 January)",
        "Nasdaq Composite 3.2 % below the peak of 16 December 2024",
    ],
    "2025-03-06": [
        "Hang Seng TECH: highest close since 9 December 2021",
        "Nasdaq Composite: correction since 6 March 2025 (−10.4 % from the peak of 16 December 2024)",
        "Nasdaq Composite: lowest close since 7 October 2024",
    ],
    "2025-04-07": [
        "Hang Seng TECH −17.2 % on Monday, Nasdaq Composite +0.1 %: 17.3 points behind",
        "Hang Seng TECH: bear market since 7 April 2025 (−27.9 % from the peak of 18 March)",
        "Nasdaq-100: bear market since 4 April 2025 (−21.4 % from the peak of 19 February)",
    ],
    "2025-10-14": [
        "Hang Seng TECH: correction since 14 October 2025 (−11.4 % from the peak of 2 October)",
        "Nasdaq Composite: bull market since 12 May 2025 (+47.5 % from the low of 8 April)",
        "Hang Seng TECH +32.6 % this year, Nasdaq Composite +16.6 %: 15.9 points ahead before rounding",
    ],
}


@pytest.fixture(scope="module")
def boards() -> dict[str, Snapshot]:
    return snapshots_at([DAILY], list(SENTENCES))


@pytest.fixture(scope="module")
def commands() -> Iterator[Commands]:
    with Commands() as running:
        yield running


@needs_shared
@pytest.mark.parametrize(("at", "sentence"), [(at, text) for at, texts in SENTENCES.items() for text in texts])
def test_a_sentence_of_real_closes(boards: dict[str, Snapshot], at: str, sentence: str) -> None:
    """Each as a reader of that evening could have checked it."""
    assert sentence in [headline.text for headline in headlines(boards[at])]


@needs_shared
@pytest.mark.parametrize("at", SENTENCES)
def test_every_number_told_is_that_of_the_board(boards: dict[str, Snapshot], at: str) -> None:
    """The facts of a sentence are the snapshot's own values, missing ones included."""
    snapshot = boards[at]

    checked = 0
    for headline in headlines(snapshot, ["year", "month", "week", "day", "since"]):
        for fact in headline.facts:
            subject, window = fact.quadruple.subject, fact.quadruple.window
            if fact.measure == "spread_pp":
                expected = snapshot.pairs[subject][window]
            else:
                own = snapshot.instruments[subject].returns[window]
                expected = None if own is None else 100 * own
            assert fact.value == expected
            checked += 1
    assert checked == 30


@needs_shared
def test_as_json(commands: Commands) -> None:
    """One document a sentence, nothing else on standard output, with the quadruples."""
    command = [
        "headline",
        "--at",
        "2025-02-21",
        "--data",
        DAILY,
        "--basis",
        "split_adjusted",
        "--only",
        "year",
        "--json",
    ]
    done = commands.run(*command, env=environment())

    assert done.code == 0, done.err
    first, _ = map(json.loads, done.out.splitlines())
    assert first["kind"] == "year"
    assert first["facts"][1] == {
        "quadruple": {"subject": "IXIC", "window": "YTD", "as_of": "2025-02-21", "basis": "LOCAL"},
        "measure": "return_pct",
        "value": pytest.approx(1.10415, abs=1e-5),
        "status": "OK",
    }


def test_closes_on_file_need_neither_data_nor_redis(commands: Commands) -> None:
    """The shipped closes know the year's end and the January low; what they do not know is said."""
    env = environment(MONITOR_REDIS__URL=NO_REDIS)

    done = commands.run("headline", "--at", "2025-01-13", "--only", "year", "--only", "day", "--short", env=env)

    assert done.code == 0, done.err
    year, _, day, _ = done.out.splitlines()
    assert year == "Hang Seng TECH −5.5 % this year, Nasdaq Composite −1.2 %: 4.4 points behind before rounding"
    assert day.startswith("No figure on Monday for Hang Seng TECH (no reference close for this window) or Nasdaq Compo")


async def test_the_live_board(commands: Commands, redis: Redis, redis_url: str) -> None:
    """Without --at and --data: what the calculator last published."""
    await publish(redis, sample())

    done = commands.run("headline", "--short", env=environment(MONITOR_REDIS__URL=redis_url))

    assert done.code == 0, done.err
    assert done.out.splitlines() == [headline.text for headline in headlines(sample())]


async def test_data_alerts_are_told_beside_the_sentences(commands: Commands, redis: Redis, redis_url: str) -> None:
    """On standard error, where they are in nobody's way and still seen."""
    await publish(redis, sample(data_alerts=DATA_ALERTS))

    done = commands.run("headline", "--short", "--only", "lead", env=environment(MONITOR_REDIS__URL=redis_url))

    assert len(done.out.splitlines()) == 1
    assert [line for line in done.err.splitlines() if line.startswith("data alert: calendar surprise XHKG: ")]


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        ([], 3, ["cannot reach Redis"]),
        (["--only", "decade"], 2, ["--only decade", "lead, year"]),
        (["--at", "yesterday"], 2, ["--at 'yesterday'", "2025-02-21"]),
        (["--at", "2025-02-21", "--data", "/nowhere/at/all"], 2, ["/nowhere/at/all", "does not exist"]),
    ],
)
def test_headlines_refused(commands: Commands, arguments: list[str], code: int, says: list[str]) -> None:
    """Which option, what stands there, what may stand there; nothing on standard output."""
    done = commands.run("headline", *arguments, env=environment(MONITOR_REDIS__URL=NO_REDIS))

    assert (done.code, done.out) == (code, ""), done
    assert "Traceback" not in done.err
    for part in says:
        assert part in done.err


def claim(tmp_path: Path, **changes: object) -> Path:
    """A claim file with one claim of the closes on file."""
    keys = {
        "id": "low", "text": "down 5.5 % this year", "source": "nobody", "subject": "HSTECH", "measure": "return_pct",
        "window": "YTD", "as_of": "2025-01-13", "value": "-5.5",
    } | changes  # fmt: skip
    path = tmp_path / "mine.toml"
    path.write_text("[[claim]]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in keys.items()), "utf-8")
    return path


@pytest.mark.parametrize(
    ("expect", "code", "says"),
    [("reproduces", 0, "reproduces"), ("close", 1, "reproduces  (expected: close)"), (None, 0, "reproduces")],
)
def test_a_claim_file_is_a_regression_test(
    commands: Commands, tmp_path: Path, expect: str | None, code: int, says: str
) -> None:
    """Exit 1 for a verdict that was not expected, 0 otherwise; without --data on the closes on file."""
    path = claim(tmp_path, **({"expect": expect} if expect else {}))

    done = commands.run("claims", "check", path, env=environment())

    assert done.code == code, done
    assert says in done.out
    assert "−5.51" in done.out
    assert "1 claim: 1 reproduces" in done.err


def test_what_the_closes_on_file_cannot_say(commands: Commands, tmp_path: Path) -> None:
    """No price of the session: not checkable, with the session that was looked for; not judged from an older one."""
    done = commands.run("claims", "check", claim(tmp_path, as_of="2025-01-16"), "--json", env=environment())

    (document,) = map(json.loads, done.out.splitlines())
    assert done.code == 0
    assert (document["verdict"], document["computed"]) == ("not checkable", None)
    assert document["reason"] == "no price of HSTECH in session 2025-01-16; the last one is of 2025-01-13"
    assert document["quadruple"] == {"subject": "HSTECH", "window": "YTD", "as_of": "2025-01-13", "basis": "LOCAL"}


def test_a_quote_that_came_with_a_claim(commands: Commands, tmp_path: Path) -> None:
    """It passes the tick filter: in the session it counts, at lunch it does not."""
    quoted = {"quotes": {"HSTECH": 4400}, "value": "-1.5"}
    path = claim(tmp_path, as_of="2025-01-14T03:00:00Z", **quoted)
    path.write_text(path.read_text("utf-8").replace('{"HSTECH": 4400}', "{ HSTECH = 4400 }"), "utf-8")
    lunch = tmp_path / "lunch.toml"
    lunch.write_text(path.read_text("utf-8").replace("T03:00", "T04:30"), "utf-8")

    done = commands.run("claims", "check", path, lunch, "--json", env=environment())

    first, second = map(json.loads, done.out.splitlines())
    assert first["verdict"] == "reproduces"
    assert first["computed"] == pytest.approx(100 * (4400 / 4468.11 - 1))
    assert second["verdict"] == "not checkable"
    assert second["reason"].endswith("the claim's own was not accepted: OUT_OF_SESSION")


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"measure": "return"}, ["mine.toml:6", "claim low: measure", "'return'", "return_pct"]),
        ({"colour": "red"}, ["mine.toml:10", "claim low: colour", "the keys id, text"]),
        ({"value": "a lot"}, ["mine.toml:9", "claim low: value", "'a lot'", "plain number"]),
    ],
)
def test_claims_refused(commands: Commands, tmp_path: Path, changes: dict[str, object], says: list[str]) -> None:
    """Exit 2 with file, line, claim, key, what stands there and what may."""
    done = commands.run("claims", "check", claim(tmp_path, **changes), env=environment())

    assert (done.code, done.out) == (2, ""), done
    assert "Traceback" not in done.err
    for part in says:
        assert part in done.err


def test_a_folder_without_claims(commands: Commands, tmp_path: Path) -> None:
    """A folder that holds no claim file is refused with exit code 2."""
    done = commands.run("claims", "check", tmp_path, env=environment())

    assert (done.code, done.out) == (2, "")
    assert "holds no .toml file" in done.err


@needs_shared
def test_a_basket_in_dollars_is_another_number(commands: Commands, tmp_path: Path) -> None:
    """A basis of its own: of one company, and of a basket, as the board's variants count it."""
    single = claim(tmp_path, basis="USD", subject="9988.HK", as_of="2025-06-20", value="34")
    data = ["--data", DAILY, "--basis", "split_adjusted", "--json"]

    done = commands.run("claims", "check", single, *data, env=environment())
    basket = commands.run("claims", "check", claim(tmp_path, basis="HKD", subject="china-m7"), *data, env=environment())

    (document,) = map(json.loads, done.out.splitlines())
    assert document["quadruple"]["basis"] == "USD"
    local = snapshots_at([DAILY], ["2025-06-20"])["2025-06-20"].instruments["9988.HK"].returns["YTD"]
    assert local is not None
    assert document["computed"] < 100 * local  # the Hong Kong dollar fell to the weak end of its band
    (document,) = map(json.loads, basket.out.splitlines())
    assert document["quadruple"]["basis"] == "HKD"
    assert document["computed"] is not None


@needs_shared
def test_the_shipped_claims_from_the_command_line(commands: Commands) -> None:
    """Exit 0: every one as expected."""
    folder = CONFIG / "claims"
    done = commands.run("claims", "check", folder, "--data", DAILY, "--basis", "split_adjusted", env=environment())

    assert done.code == 0, done.out
    assert "not as expected" not in done.err
