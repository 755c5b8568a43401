"""The Slack app at work: real `monitor alerting` over workspaces that keep what they are told (ALERTING section 13).

What people see in the channel is compared, not the requests that made it so.
"""

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager, suppress
from dataclasses import dataclass
from itertools import pairwise

import pytest

from tests.e2e.alert_lab import DEADLINE_S, Site, wait_until
from tests.real.slack_fake import Reply, SlackFake, refusal, slack_fake
from tests.real.slack_workspace import CHANNEL, TOKEN, Post

pytestmark = [pytest.mark.xdist_group("heavy2"), pytest.mark.timeout(300)]

APPS = ["charted", "desk", "gone", "limited", "revoked", "page", "lossy", "nasty"]
WINDOWS = ["1d", "wtd", "mtd", "qtd", "ytd", "1w", "1m", "3m"]
NAMES = ["0700.HK", "9988.HK", "1810.HK", "1211.HK", "3690.HK", "0981.HK", "0992.HK", "9618.HK"]
METRICS = {name: f"hstech-ndx.spread_pp.{window}" for name, window in zip(APPS, WINDOWS, strict=True)}
TITLE = "<!channel> & <b> 恒生科技"


def rules(fakes: dict[str, SlackFake]) -> str:
    """A Slack app and a rule of its name for each scenario; the webhook `spare` is everybody's fallback."""
    lines = ["version = 1", "[defaults]", 'cooldown = "0s"', 'no_data = { do = "ignore" }', "[channel]"]
    lines.append('spare = { kind = "slack_webhook", url_env = "LAB_SPARE", rate = "0s" }')
    for name, fake in fakes.items():
        lines.append(
            f'{name} = {{ kind = "slack_bot", channel = "{CHANNEL}", token_env = "LAB_TOKEN", rate = "0s", '
            f'base_url = "{fake.base_url}", chart = {str(name == "charted").lower()}, fallback = "spare" }}'
        )
    for name, metric in METRICS.items():
        lines += ["[[rule]]", f'id = "{name}"', f'metric = "{metric}"', 'unit = "pp"', "when = { above = 1 }"]
        lines += [f'notify = ["{name}"]', f'title = "{TITLE if name == "nasty" else name}"']
        if name == "nasty":
            lines.append(f'message = {{ summary = "{TITLE * 400} {{{{ value|pp }}}}" }}')
        if name == "desk":
            lines += ['severity = "warning"', "[rule.levels.critical]", "when = { above = 5 }"]
    lines += ["[[rule]]", 'id = "many"', 'metric = "*.return_pct.1d"', f"each = {json.dumps(NAMES)}", 'unit = "pct"']
    lines += ["when = { above = 1 }", 'notify = ["many"]']
    return "\n".join(lines) + "\n"


@contextmanager
def workspaces(*names: str) -> Iterator[dict[str, SlackFake]]:
    """Running fakes, in a thread of their own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    stack = AsyncExitStack()

    async def begin() -> dict[str, SlackFake]:
        return {name: await stack.enter_async_context(slack_fake()) for name in names}

    try:
        yield asyncio.run_coroutine_threadsafe(begin(), loop).result(60)
    finally:
        asyncio.run_coroutine_threadsafe(stack.aclose(), loop).result(60)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(60)
        loop.close()


@dataclass
class Office:
    """The service and its workspaces. begin_ms: time of the first frame. second: of event time, the next frame's."""

    site: Site
    fakes: dict[str, SlackFake]
    begin_ms: int
    second: int = 0

    def put(self, name: str, value: float) -> str:
        """One frame with a value for the rule; returns the episode that would start with it."""
        return f"{name}:hstech-ndx:{self.frame({METRICS[name]: value})}"

    def frame(self, metrics: dict[str, float]) -> int:
        """One frame; returns its time."""
        t = self.begin_ms + self.second * 1000
        self.second += 1
        frame = self.site.frame(t, metrics)
        # As the calculator writes: the entry's id is the time of the snapshot, by which charts find it.
        self.site.redis.xadd(f"{self.site.board}:snapshots", {"v": "1", "d": frame}, id=f"{t}-0")
        return t

    def accepted(self, identifier: str) -> None:
        """Wait until the channel of the rule has taken the note, and Redis knows it."""
        name = identifier.partition(":")[0]
        wait_until(lambda: self.site.jobs(name).get(identifier, {}).get("status") == "accepted", identifier)

    def channel(self, name: str) -> list[Post]:
        """What stands in the channel, without its threads."""
        return self.fakes[name].workspace.channel

    def spare(self) -> list[str]:
        """Ids that the fallback got."""
        return self.fakes["desk"].ids


@pytest.fixture(scope="module")
def office(redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with workspaces(*APPS, "many") as fakes:
        site = Site(
            tmp_path_factory.mktemp("slack-app"),
            redis_url,
            "slackapp",
            rules(fakes),
            MONITOR_ALERTING__RETRY_FIRST_S="0.1",
            MONITOR_ALERTING__RETRY_CAP_S="0.2",
            MONITOR_LOG__LEVEL="DEBUG",
            LAB_TOKEN=TOKEN,
            LAB_SPARE=fakes["desk"].url,
        )
        try:
            site.start()
            wait_until(site.leader, "the lease")
            yield Office(site, fakes, time.time_ns() // 1_000_000)
        finally:
            site.close()


def test_the_chart_is_in_the_thread(office: Office) -> None:
    """13: once the words are out, the picture of the metric follows below them. A machine that is too busy to draw one
    within two seconds leaves it out, so episodes come until one has it."""

    def drawn() -> list[tuple[str, bytes]]:
        return [file for post in office.channel("charted") for file in post.files]

    deadline = time.monotonic() + DEADLINE_S
    while not drawn():
        assert time.monotonic() < deadline
        office.put("charted", 0.5)
        episode = office.put("charted", 2)
        office.put("charted", 0)
        office.accepted(f"{episode}:RESOLVED")
        with suppress(AssertionError):
            wait_until(drawn, "the chart", deadline_s=5)

    title, png = drawn()[0]
    assert title == "charted"
    assert png.startswith(b"\x89PNG")


def test_one_message_lives_through_an_episode_and_a_crash(office: Office) -> None:
    """24: FIRING is one message; ESCALATED turns it red and is shown to all; the service is killed; RESOLVED turns the
    same message green and answers it."""
    episode = office.put("desk", 2)
    (parent,) = wait_until(lambda: office.channel("desk"), "FIRING")
    assert (parent.id, parent.colour) == (f"{episode}:FIRING", "#E8A33D")
    office.put("desk", 6)
    wait_until(lambda: parent.colour == "#D0342C", "ESCALATED")
    workspace = office.fakes["desk"].workspace
    wait_until(lambda: len(workspace.thread(parent)) == 1, "the reply")
    office.accepted(f"{episode}:ESCALATED:1")

    office.site.processes[-1].kill()
    office.site.processes[-1].wait(60)
    office.put("desk", 0)
    office.site.start()

    wait_until(lambda: len(workspace.thread(parent)) == 2, "RESOLVED")
    assert office.channel("desk") == [parent]
    assert (parent.id, parent.colour) == (f"{episode}:RESOLVED", "#2E9E5B")
    assert [(reply.id, reply.broadcast) for reply in workspace.thread(parent)] == [
        (f"{episode}:ESCALATED:1", True),
        (f"{episode}:RESOLVED", False),
    ]


@pytest.mark.parametrize("error", ["message_not_found", "edit_window_closed"])
def test_what_cannot_be_edited_is_said_anew(office: Office, error: str) -> None:
    """24: the message is gone, or too old to be edited: a new message instead, once."""
    before = len(office.channel("gone"))
    episode = office.put("gone", 2)
    office.accepted(f"{episode}:FIRING")
    office.fakes["gone"].scripts["chat.update"] = [refusal(error)]
    office.put("gone", 0)

    office.accepted(f"{episode}:RESOLVED")
    old, new = office.channel("gone")[before:]
    assert (old.id, new.id) == (f"{episode}:FIRING", f"{episode}:RESOLVED")
    assert office.fakes["gone"].workspace.count(f"{episode}:RESOLVED") == 1


def test_a_rate_limit_pauses_the_channel_alone(office: Office) -> None:
    """22: 429 with Retry-After 1, twice: quiet for a second each time, then the notes in order, each once; another
    channel does not wait."""
    fake = office.fakes["limited"]
    fake.script = [refusal("ratelimited", 429, {"Retry-After": "1"})] * 2
    episode = office.put("limited", 2)
    other = office.put("page", 2)
    office.put("limited", 0)

    office.accepted(f"{episode}:RESOLVED")
    assert all(later - earlier >= 1.0 for earlier, later in pairwise(fake.times[:3]))
    assert office.fakes["page"].workspace.count(f"{other}:FIRING") == 1
    assert office.fakes["page"].times[0] < fake.times[2]
    office.put("page", 0)
    office.accepted(f"{other}:RESOLVED")
    ids = [post.versions[0]["metadata"]["event_payload"]["id"] for post in fake.workspace.posts]
    assert ids == sorted(set(ids), key=ids.index)
    assert ids[-1] == f"{episode}:RESOLVED"


def test_a_page_is_no_success(office: Office) -> None:
    """21: a login page with 200, and a redirect: tried again, neither followed nor taken for success."""
    fake = office.fakes["page"]
    before = len(fake.workspace.posts)
    fake.script = [Reply(200, "<html>Sign in</html>"), Reply(302, "", {"Location": "/login"})]
    episode = office.put("page", 2)

    office.accepted(f"{episode}:FIRING")
    assert fake.workspace.count(f"{episode}:FIRING") == 1
    assert len(fake.workspace.posts) == before + 1
    assert not [path for path in fake.paths if "/login" in path]
    assert office.site.jobs("page")[f"{episode}:FIRING"]["unknown"] == 0


@pytest.mark.parametrize("error", ["token_revoked", "is_archived"])
def test_a_refusal_for_good_is_heard_elsewhere(office: Office, error: str) -> None:
    """23 for the app: one request, a dead letter, the fallback, red health."""
    fake = office.fakes["revoked"]
    before = len(fake.paths)
    fake.scripts["chat.postMessage"] = [refusal(error)]
    identifier = f"{office.put('revoked', 2)}:FIRING"

    wait_until(lambda: identifier in office.spare(), "the fallback")
    wait_until(lambda: identifier in office.site.dead("revoked"), "the dead letter")
    assert len(fake.paths) == before + 1
    health = office.site.health("revoked")
    assert health["healthy"] is False
    assert error in health["reason"]
    office.put("revoked", 0)
    office.accepted(identifier.replace("FIRING", "RESOLVED"))


def test_what_arrived_is_not_said_twice(office: Office) -> None:
    """16, unknown outcome: Slack took the message and its answer got lost; our id is found, and nothing comes twice."""
    fake = office.fakes["lossy"]
    fake.scripts["chat.postMessage"] = [Reply(act="cut_when_done")]
    identifier = f"{office.put('lossy', 2)}:FIRING"

    office.accepted(identifier)
    assert fake.workspace.count(identifier) == 1
    assert "conversations.history" in fake.methods


def test_a_crash_before_the_answer_repeats_nothing(office: Office) -> None:
    """15, crash between acceptance and acknowledgement: the service that comes back finds its own message."""
    fake = office.fakes["lossy"]
    office.put("lossy", 0)
    wait_until(lambda: len(fake.workspace.thread(office.channel("lossy")[-1])) == 1, "RESOLVED")
    fake.scripts["chat.postMessage"] = [Reply(act="hang_when_done")]
    identifier = f"{office.put('lossy', 2)}:FIRING"
    wait_until(lambda: fake.workspace.count(identifier), "FIRING")
    office.site.processes[-1].kill()
    office.site.processes[-1].wait(60)
    office.site.start()

    office.accepted(identifier)
    assert fake.workspace.count(identifier) == 1


def test_a_storm_is_one_message_with_the_closings_below_it(office: Office) -> None:
    """17: eight names at once: five messages and one STORM that names the others; their closings are replies to it, and
    it does not turn green with any of them."""
    t = office.frame({f"{name}.return_pct.1d": 2.0 for name in NAMES})
    *singles, storm = wait_until(lambda: len(posts := office.channel("many")) == 6 and posts, "the STORM")
    told = {post.id for post in singles}
    folded = [name for name in NAMES if f"many:{name}:{t}:FIRING" not in told]
    assert (len(told), len(folded)) == (5, 3)
    assert all(name in str(storm.payload) for name in folded)
    colour = storm.colour

    wait_until(lambda: all(job["ended_ms"] for job in office.site.jobs("many").values()), "the records")
    office.frame({f"{name}.return_pct.1d": 0.0 for name in NAMES})
    for name in NAMES:
        office.accepted(f"many:{name}:{t}:RESOLVED")
    workspace = office.fakes["many"].workspace
    assert {reply.id for reply in workspace.thread(storm)} == {f"many:{name}:{t}:RESOLVED" for name in folded}
    assert all(post.colour == "#2E9E5B" for post in singles)
    assert storm.colour == colour


def test_hostile_words_are_harmless(office: Office) -> None:
    """25: `<!channel> & <b>`, 10 kB of text and Chinese names: Slack takes it, escaped, and nobody is pinged."""
    office.put("nasty", 2)
    (post,) = wait_until(lambda: office.channel("nasty"), "FIRING")

    assert "<!" not in str(post.payload)
    assert "<b>" not in str(post.payload)
    assert 2990 < len(post.text) <= 3000
    assert post.text.endswith("…")
    assert "&lt;!channel&gt; &amp; &lt;b&gt; 恒生科技" in post.text


def test_the_token_is_in_no_log_line(office: Office) -> None:
    """23: at DEBUG, after all of the above."""
    assert "verysecret" not in office.site.log()
    assert "alert_sent" in office.site.log()
