"""What becomes of a message when the world is difficult: real `monitor alerting`, webhooks and mail servers that fail.

One process has a channel for each scenario. It is patient: what a busy machine holds up for ten seconds is neither
repeated nor given up. What comes of patience that ends is seen in a second process, a hasty one. What is compared is
order, count and marks, and that something does not happen before its time.
"""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import pytest

from tests.e2e.alert_lab import NO_STORMS, Answer, Hooks, Site, at, wait_until, webhooks
from tests.processes import free_tcp_port
from tests.real.certificates import server_certificate
from tests.real.mail_server import Mailbox, mail_server

pytestmark = [pytest.mark.xdist_group("heavy2"), pytest.mark.timeout(300)]

WINDOWS = ["1d", "wtd", "mtd", "qtd", "ytd", "1w", "1m", "3m", "6m", "1y", "since:2025-01-13"]
METRICS = [f"{pair}.spread_pp.{window}" for pair in ("hstech-ndx", "hstech-ixic") for window in WINDOWS]
HOOKS = ["plain", "html", "redirect", "limited", "unlimited", "missing", "forbidden", "refused", "archived", "picky"]
HOOKS += ["stubborn", "silent", "cut", "order", "late", "burst"]
MAILS = ["fallback", "clear", "untrusted", "busy", "hostile", "choosy", "thread"]
BURST = ["0700.HK", "9988.HK", "1810.HK", "1211.HK", "3690.HK", "0981.HK", "0992.HK", "9618.HK"]


def rules(mailboxes: Mapping[str, Mailbox]) -> str:
    """A channel and a rule of its name for each scenario."""
    lines = ["version = 1", NO_STORMS, "[defaults]", 'cooldown = "0s"', 'no_data = { do = "ignore" }', "[channel]"]
    for name in HOOKS:
        rate = "200ms" if name == "burst" else "0s"
        lines.append(
            f'{name} = {{ kind = "slack_webhook", url_env = "LAB_{name.upper()}", rate = "{rate}", '
            'fallback = "fallback" }'
        )
    for name, box in mailboxes.items():
        tls = "starttls" if name in ("clear", "untrusted") else "none"
        to = '["one@desk.test", "two@desk.test"]' if name == "choosy" else '["desk@desk.test"]'
        lines.append(
            f'{name} = {{ kind = "smtp", host = "127.0.0.1", port = {box.port}, tls = "{tls}", '
            f'from = "monitor@desk.test", to = {to} }}'
        )
    for name, metric in zip([*HOOKS[:-1], *MAILS[1:]], METRICS, strict=False):
        lines += ["[[rule]]", f'id = "{name}"', f'metric = "{metric}"', 'unit = "pp"', "when = { above = 1 }"]
        lines += [f'title = "恒生科技 {name} <b>&</b>"', f'notify = ["{name}"]']
    lines += ["[[rule]]", 'id = "burst"', 'metric = "*.return_pct.1d"', f"each = {json.dumps(BURST)}", 'unit = "pct"']
    lines += ["when = { above = 1 }", 'notify = ["burst"]']
    return "\n".join(lines) + "\n"


def free_ports(count: int) -> list[int]:
    """Different free TCP ports; aiosmtpd cannot choose one itself."""
    found = set[int]()
    while len(found) < count:
        found.add(free_tcp_port())
    return list(found)


@dataclass
class Office:
    """The service, its webhooks and its mailboxes. second: of event time, the next frame's."""

    site: Site
    hooks: Hooks
    mail: dict[str, Mailbox]
    second: int = 0
    metrics: dict[str, str] = field(default_factory=lambda: dict(zip([*HOOKS[:-1], *MAILS[1:]], METRICS, strict=False)))

    def put(self, **values: float) -> int:
        """One frame with these values for the rules' metrics; returns its time."""
        return self.frame({self.metrics[name]: value for name, value in values.items()})

    def frame(self, metrics: dict[str, float]) -> int:
        t = at("2020-01-06 10:00") + self.second * 1000
        self.second += 1
        self.site.write(self.site.frame(t, metrics))
        return t

    def fallback_has(self, rule: str) -> bool:
        """Whether the fallback got a note of the rule."""
        return any(identifier.startswith(f"{rule}:") for identifier in self.mail["fallback"].ids)


@pytest.fixture(scope="module")
def office(redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """The patient one: no attempt is cut off, and no note is given up for its age."""
    patience = {"SEND_TIMEOUT_S": "60", "FALLBACK_AFTER_S": "600", "DEAD_AFTER_S": "6000"}
    with opened("office", patience, redis_url, tmp_path_factory.mktemp("office")) as office:
        yield office


@pytest.fixture(scope="module")
def hasty(redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """The hasty one, whose channels `html`, `redirect` and `silent` have had a note each for some time already."""
    patience = {"SEND_TIMEOUT_S": "1", "FALLBACK_AFTER_S": "1.5", "DEAD_AFTER_S": "12"}
    with opened("hasty", patience, redis_url, tmp_path_factory.mktemp("hasty")) as office:
        page = "<html><body>ok</body></html>"
        redirect = Answer(302, "", {"Location": f"http://127.0.0.1:{office.hooks.port}/login"})
        office.hooks.always |= {"html": Answer(200, page), "redirect": redirect, "silent": Answer(hang=600.0)}
        office.put(html=2, redirect=2, silent=2)
        yield office


@contextmanager
def opened(prefix: str, patience: Mapping[str, str], redis_url: str, folder: Path) -> Iterator[Office]:
    """A running office. prefix: of its keys. patience: variables of the section `alerting`."""
    certificate = server_certificate(folder)
    with ExitStack() as stack:
        hooks = stack.enter_context(webhooks())
        boxes = {
            name: stack.enter_context(mail_server(port, tls=certificate if name == "untrusted" else None))
            for name, port in zip(MAILS, free_ports(len(MAILS)), strict=True)
        }
        site = Site(
            folder,
            redis_url,
            prefix,
            rules(boxes),
            MONITOR_ALERTING__RETRY_FIRST_S="0.1",
            MONITOR_ALERTING__RETRY_CAP_S="0.2",
            MONITOR_ALERTING__LATE_AFTER_S="1",
            MONITOR_LOG__LEVEL="DEBUG",
            **{f"MONITOR_ALERTING__{name}": value for name, value in patience.items()},
            **{f"LAB_{name.upper()}": hooks.url(name) for name in HOOKS},
        )
        stack.callback(site.close)
        site.start()
        wait_until(site.leader, "the lease")
        yield Office(site, hooks, boxes)
        assert site.processes[0].poll() is None, site.log()[-3000:]


@pytest.fixture(autouse=True)
def story(office: Office) -> Iterator[None]:
    """What the service logged during a test; pytest shows it when the test failed."""
    before = len(office.site.log())
    yield
    print(office.site.log()[before:][-20_000:])


def test_ok_is_one_post(office: Office) -> None:
    """21: 200 and `ok`: one POST and no other; health green."""
    t = office.put(plain=2)
    (post,) = wait_until(lambda: office.hooks.posts["plain"])
    assert (post.method, post.id) == ("POST", f"plain:hstech-ndx:{t}:FIRING")
    wait_until(lambda: office.site.health("plain").get("healthy"))
    assert len(office.hooks.posts["plain"]) == 1


@pytest.mark.parametrize("name", ["html", "redirect"])
def test_what_is_not_ok_is_no_success(hasty: Office, name: str) -> None:
    """21: a login page with 200, or a redirect to one: retried, then also to the fallback, in the end a dead letter
    with red health. The redirect is not followed."""
    wait_until(lambda: hasty.fallback_has(name))
    wait_until(lambda: hasty.site.dead(name))
    assert len(hasty.hooks.posts[name]) >= 3
    assert not hasty.hooks.posts["/login"]
    wait_until(lambda: hasty.site.health(name).get("healthy") is False)
    assert [i for i in hasty.mail["fallback"].ids if i.startswith(f"{name}:")] == hasty.site.dead(name)


def test_a_rate_limit_pauses_the_channel_alone(office: Office) -> None:
    """22: 429 with Retry-After, again and again: no request before each pause is over, then one success; the notes stay
    in order; another channel does not wait. The longer of header and body counts."""
    body = json.dumps({"ok": False, "error": "rate_limited", "retry_after": 1})
    office.hooks.always["limited"] = Answer(429, body, {"Retry-After": "0"})
    first = office.put(limited=2, unlimited=2)
    wait_until(lambda: office.hooks.posts["limited"])
    wait_until(lambda: office.hooks.accepted("unlimited"))
    office.put(limited=0)
    second = office.put(limited=2)
    wait_until(lambda: len(office.site.jobs("limited")) == 3)
    assert not office.hooks.accepted("limited")
    office.hooks.scripts["limited"] = [Answer(429, "", {"Retry-After": "1"})]
    del office.hooks.always["limited"]
    wait_until(lambda: len(office.hooks.accepted("limited")) == 2)
    times = [post.at for post in office.hooks.posts["limited"]]
    assert all(later - earlier >= 1.0 for earlier, later in pairwise(times[:-1]))
    told = [post.id for post in office.hooks.accepted("limited")]
    assert told == [f"limited:hstech-ndx:{first}:RESOLVED", f"limited:hstech-ndx:{second}:FIRING"]
    merged = office.hooks.accepted("limited")[0]
    assert f"limited:hstech-ndx:{first}:FIRING" in merged.words, "the merged FIRING is named"


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("missing", Answer(404, "no_service")),
        ("forbidden", Answer(403, "<html><title>Slack</title>invalid_token</html>")),
        ("refused", Answer(400, "invalid_token")),
        ("archived", Answer(410, "channel_is_archived")),
    ],
)
def test_a_dead_webhook(office: Office, name: str, answer: Answer) -> None:
    """23: no retry, a dead letter, red health; the same note by mail, and not only when the patience with a failing
    channel, ten minutes here, is at its end; the address is in no log line even at DEBUG."""
    office.hooks.always[name] = answer
    office.put(**{name: 2})
    wait_until(lambda: office.fallback_has(name))
    wait_until(lambda: office.site.health(name).get("healthy") is False)
    assert len(office.hooks.posts[name]) == 1
    assert len(office.site.dead(name)) == 1
    assert "verysecrettoken" not in office.site.log()
    assert "alert_not_sent" in office.site.log()
    mail = next(m for _, m in office.mail["fallback"].mails if m["X-Alert-Id"].startswith(f"{name}:"))
    assert f"Sent here because channel {name} could not deliver it." in mail.get_body(("plain",)).get_content()
    assert "verysecrettoken" not in mail.as_string()


def test_rich_text_refused(office: Office) -> None:
    """15.4 payload: once more as plain text; refused again it is permanent."""
    office.hooks.scripts["picky"] = [Answer(400, "invalid_blocks")]
    office.hooks.always["stubborn"] = Answer(400, "invalid_payload")
    office.put(picky=2, stubborn=2)
    (post,) = wait_until(lambda: office.hooks.accepted("picky"))
    assert "attachments" not in post.payload
    assert "&lt;b&gt;&amp;&lt;/b&gt;" in post.payload["text"]
    wait_until(lambda: office.fallback_has("stubborn"))
    assert len(office.hooks.posts["stubborn"]) == 2


def test_no_answer_is_repeated_three_times(hasty: Office) -> None:
    """15.4 unknown outcome: at most three repeats, each marked, all with the same id, then the fallback."""
    wait_until(lambda: hasty.fallback_has("silent"))
    wait_until(lambda: hasty.site.dead("silent"))
    posts = hasty.hooks.posts["silent"]
    assert len(posts) == 4
    assert len({post.id for post in posts}) == 1
    assert ["MAY REPEAT" in post.payload["text"] for post in posts] == [False, True, True, True]


def test_a_cut_connection_may_repeat(office: Office) -> None:
    """16: reset after the body went out: sent again with the same id, marked."""
    office.hooks.scripts["cut"] = [Answer(cut=True)]
    office.put(cut=2)
    wait_until(lambda: len(office.hooks.posts["cut"]) == 2)
    first, second = office.hooks.posts["cut"]
    assert first.id == second.id
    assert "MAY REPEAT" not in first.payload["text"]
    assert "MAY REPEAT" in second.payload["text"]


def test_never_a_closing_before_its_opening(office: Office) -> None:
    """15: FIRING and RESOLVED wait through failures: what arrives in the end tells both, in one message or in order."""
    office.hooks.scripts["order"] = [Answer(500, "rollup_error"), Answer(503, ""), Answer(502, "")]
    t = office.put(order=2)
    wait_until(lambda: office.hooks.posts["order"])
    office.put(order=0)
    wait_until(lambda: office.hooks.accepted("order"))
    told = [post.id for post in office.hooks.accepted("order")]
    episode = f"order:{office.metrics['order'].split('.')[0]}:{t}"
    first = office.hooks.accepted("order")[0]
    if told[0] == f"{episode}:RESOLVED":
        assert f"{episode}:FIRING" in first.words
        assert re.search(r"lasted 1 s from 10:00:\d\d HKT.*, firing 10:00:\d\d HKT", first.words)
    else:
        assert told[0] == f"{episode}:FIRING"
    wait_until(lambda: {job["status"] for job in office.site.jobs("order").values()} <= {"accepted", "merged"})


def test_late_is_marked(office: Office) -> None:
    """15.2: sent at least late_after after its cause: marked DELAYED with how late."""
    office.hooks.scripts["late"] = [Answer(429, "", {"Retry-After": "1.1"})]
    office.put(late=2)
    (post,) = wait_until(lambda: office.hooks.accepted("late"))
    assert re.match(r"\[WARNING · DELAYED \d+(\.\d)? s\]", post.payload["text"]), post.payload["text"]


def test_a_burst_keeps_the_rate(office: Office) -> None:
    """26: eight notes at once: all arrive, with the channel's rate between each two."""
    office.frame({f"{name}.return_pct.1d": 2.0 for name in BURST})
    posts = wait_until(lambda: len(office.hooks.accepted("burst")) == 8 and office.hooks.accepted("burst"))
    assert all(later.at - earlier.at >= 0.18 for earlier, later in pairwise(posts))
    assert len({post.id for post in posts}) == 8


def test_mail_never_goes_in_clear(office: Office) -> None:
    """27: STARTTLS demanded but not offered, or a certificate nobody trusts: no envelope, a dead letter, red."""
    office.put(clear=2, untrusted=2)
    for name in ("clear", "untrusted"):
        wait_until(lambda name=name: office.site.dead(name))
        wait_until(lambda name=name: office.site.health(name).get("healthy") is False)
        assert office.mail[name].commands_in_clear == 0
        assert not office.mail[name].mails


def test_mail_answers(office: Office) -> None:
    """28: 451 at DATA: retried until accepted, once. 554: dead letter. 550 for one of two: the other gets one mail."""
    office.mail["busy"].data = ["451 later", "451 later"]
    office.mail["hostile"].data = ["554 no"]
    office.mail["choosy"].rcpt = {"two@desk.test": "550 unknown"}
    t = office.put(busy=2, hostile=2, choosy=2)
    wait_until(lambda: office.mail["busy"].mails)
    wait_until(lambda: office.site.dead("hostile"))
    wait_until(lambda: office.mail["choosy"].mails)
    wait_until(lambda: {job["status"] for job in office.site.jobs("choosy").values()} == {"accepted"})
    assert (office.mail["busy"].attempts, len(office.mail["busy"].mails)) == (3, 1)
    assert office.mail["hostile"].attempts == 1
    ((recipients, mail),) = office.mail["choosy"].mails
    assert recipients == ("one@desk.test",)
    instance = office.metrics["choosy"].split(".")[0]
    assert mail["X-Alert-Id"] == f"choosy:{instance}:{t}:FIRING"
    assert mail["Subject"] == "[WARNING] choosy: 恒生科技 choosy <b>&</b>"
    assert "two@desk.test: 550" in json.dumps(office.site.jobs("choosy"))


def test_mails_of_an_episode_make_a_thread(office: Office) -> None:
    """§14: Message-ID from the id, the words after the bracket and References equal for all; HTML escaped."""
    told = office.mail["thread"].mails
    office.put(thread=2)
    wait_until(lambda: len(told) == 1)
    office.put(thread=0)
    wait_until(lambda: len(told) == 2)
    first, last = (mail for _, mail in told)
    assert first["Subject"].split("] ")[1] == last["Subject"].split("] ")[1]
    assert first["References"] == last["References"] == last["In-Reply-To"]
    assert first["Message-ID"] != last["Message-ID"]
    assert (last["X-Alert-Kind"], last["Auto-Submitted"]) == ("RESOLVED", "auto-generated")
    page = last.get_body(("html",)).get_content()
    assert "&lt;b&gt;&amp;&lt;/b&gt;" in page
    assert "<b>&" not in page
    assert "<img" not in page


def test_nothing_is_left_over(office: Office, tmp_path: Path) -> None:
    """15, the guarantee: every notification was accepted, merged into one that was, or is a dead letter."""
    for channel in [*HOOKS, *MAILS]:
        wait_until(
            lambda channel=channel: (
                {job["status"] for job in office.site.jobs(channel).values()} <= {"accepted", "merged", "dead"}
            )
        )
        assert office.site.redis.xlen(f"{office.site.board}:alerts:outbox:{channel}") == 0
    assert "Traceback" not in office.site.log()
