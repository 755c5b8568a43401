"""The Grafana dashboard and the Prometheus files of docs/examples speak of numbers that the monitor really serves."""

import json
import re
import shutil
import subprocess
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from prometheus_client.parser import text_string_to_metric_families

from monitor.runtime import metrics
from tests.docs.conftest import RunningMonitor
from tests.docs.test_docs import ROOT, _anchor
from tests.processes import free_tcp_port

pytestmark = pytest.mark.xdist_group("running_monitor")

EXAMPLES = ROOT / "docs" / "examples"
RULES = (EXAMPLES / "prometheus-alerts.yml").read_text("utf-8")
DASHBOARD = json.loads((EXAMPLES / "grafana-dashboard.json").read_text("utf-8"))
PANELS: list[dict[str, Any]] = DASHBOARD["panels"]
WINDOW = "10s"
"""In place of Grafana's `$__rate_interval`: services renew their numbers every five seconds."""

ALWAYS = {"board", "service", "instance", "job", "le"}
"""Labels that every sample may have; the others are the metric's own."""

EMPTY = {
    "monitor_quotes_rejected_total": "the simulated market sends nothing that would be refused",
    "monitor_clock_steps_total": "nobody sets this machine's clock",
    "monitor_frames_dropped_total": "every snapshot is news, and readable",
    "monitor_history_trouble_total": "the data folder can be written",
    "monitor_failovers": "every instrument has one source",
    "monitor_ticks_not_accepted": "the filter lets every tick of the first seconds pass",
    "monitor_dead_letters_total": "the console refuses nothing",
    "monitor_dead_letters_dropped_total": "there are no dead letters",
    "monitor_late_messages_total": "the console is never late",
    "monitor_folded_notifications_total": "a few alerts are no storm",
    "monitor_published_messages_total": "no publisher is running",
    "monitor_publisher_up": "no publisher is running",
    "monitor_alerts_total": "nothing was told yet within the first seconds of a market",
    "monitor_deliveries_total": "nothing was told yet within the first seconds of a market",
    "monitor_delivery_seconds_bucket": "nothing was told yet within the first seconds of a market",
    "monitor_channel_healthy": "no channel had anything to send yet",
    'monitor_stream_entries{stream=~"alerts:dead:.+"}': "no channel had anything to send yet",
    'monitor_instruments{phase="REGULAR", status=~"STALE|MISSING"}': "every line that trades is quoted",
}
"""Metrics or selectors without samples in the first seconds of a healthy monitor, and why that is right."""


def known_metrics() -> dict[str, set[str]]:
    """Every sample name of the registry with its own labels."""
    found: dict[str, set[str]] = {}
    for collector, names in metrics.REGISTRY._collector_to_names.items():
        found |= {name: set(getattr(collector, "_labelnames", ())) for name in names}
    of_process = [family for family in metrics.REGISTRY.collect() if family.name.startswith("process_")]
    found |= {sample.name: set() for family in of_process for sample in family.samples}
    return found | {"monitor_process_info": {"version"}}


KNOWN = known_metrics()
SELECTOR = re.compile(r"\b((?:monitor|process)_[a-z_]+)(\{[^}]*\})?")


def panel_expressions() -> list[tuple[str, str]]:
    """(panel and letter, expression) of every query of the dashboard."""
    return [
        (f"{panel['title']} {target['refId']}", target["expr"])
        for panel in PANELS
        for target in panel.get("targets", [])
    ]


def alert_expressions() -> list[tuple[str, str]]:
    """(alert, expression) of every rule."""
    blocks = re.split(r"^      - alert: ", RULES, flags=re.MULTILINE)[1:]
    found = []
    for block in blocks:
        (expression,) = re.findall(r"^        expr: (?:\|\n((?:          .*\n)+)|(.*)\n)", block, re.MULTILINE)
        found.append((block.split("\n", 1)[0], " ".join("".join(expression).split())))
    return found


EXPRESSIONS = panel_expressions() + alert_expressions()


def filled(expression: str) -> str:
    """A query of the dashboard as Grafana would send it, all boards and processes chosen."""
    return expression.replace("$board", ".*").replace("$instance", ".*").replace("$__rate_interval", WINDOW)


@pytest.mark.parametrize(("where", "expression"), EXPRESSIONS, ids=[where for where, _ in EXPRESSIONS])
def test_every_query_asks_for_metrics_that_exist(where: str, expression: str) -> None:
    """Each name in a query is a metric of the program, and each label one that its samples have."""
    asked = SELECTOR.findall(expression)
    assert asked or expression == 'up{job="monitor"} == 0', where
    own = set()
    for name, selector in asked:
        assert name in KNOWN, f"{where}: {name}"
        own |= KNOWN[name]
        assert set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", selector)) <= KNOWN[name] | ALWAYS, f"{where}: {selector}"
    for labels in re.findall(r"\b(?:by|on) \(([^)]*)\)", expression):
        assert {label.strip() for label in labels.split(",")} <= own | ALWAYS, f"{where}: by ({labels})"


def test_every_metric_of_the_monitor_is_drawn_or_watched() -> None:
    """No number of the program is left out of dashboard and alerts, but for those that say no more than another."""
    asked = {name for _, expression in EXPRESSIONS for name, _ in SELECTOR.findall(expression)}
    families = {name.removesuffix("_total").removesuffix("_bucket").removesuffix("_info") for name in asked}

    left_out = {family.name for family in metrics.REGISTRY.collect() if family.name.startswith("monitor_")} - families

    assert left_out == set()


def test_every_metric_has_a_row() -> None:
    """docs/operate.md explains each metric once, with its own labels, and none that does not exist."""
    page = (ROOT / "docs" / "operate.md").read_text("utf-8")
    rows = re.findall(r"^\| (`(?:monitor|process)_[^|]+) \| ([^|]+) \| (?:[a-z, ]+) \| .+ \|$", page, re.MULTILINE)
    described = [(name, labels) for names, labels in rows for name in re.findall(r"`(\w+)`", names)]

    assert len(described) == len({name for name, _ in described})
    for name, labels in described:
        assert set(re.findall(r"`(\w+)`", labels)) == KNOWN[name], name
    families = {name.removesuffix("_total").removesuffix("_info") for name, _ in described}
    assert {family.name for family in metrics.REGISTRY.collect() if family.name.startswith("monitor_")} <= families


def test_the_dashboard_can_be_imported_anywhere() -> None:
    """No data source but the variable, no number of another Grafana, ids used once, and only variables that exist."""
    text = json.dumps(DASHBOARD)
    variables = {one["name"] for one in DASHBOARD["templating"]["list"]}
    ids = [panel["id"] for panel in PANELS]

    assert DASHBOARD["id"] is None
    assert variables == {"datasource", "board", "instance"}
    assert len(ids) == len(set(ids))
    sources = {json.dumps(panel["datasource"]) for panel in PANELS if panel["type"] != "row"}
    assert sources == {'{"type": "prometheus", "uid": "${datasource}"}'}
    assert set(re.findall(r"\$\{?(\w+)\}?", text)) - {"__rate_interval", "__all"} == variables
    for panel in PANELS:
        letters = [target["refId"] for target in panel.get("targets", [])]
        assert len(letters) == len(set(letters)), panel["title"]
        if panel["type"] != "row":
            assert letters, panel["title"]
            assert panel["description"].endswith("."), panel["title"]
            assert panel["fieldConfig"]["defaults"].get("unit") or panel["type"] == "state-timeline", panel["title"]
            refs = {rule["matcher"]["options"] for rule in panel["fieldConfig"]["overrides"]}
            assert refs <= set(letters), panel["title"]


def test_no_panel_lies_on_another() -> None:
    """Each cell of the grid belongs to one panel at most, and none is beyond its 24 columns."""
    taken: dict[tuple[int, int], str] = {}
    for panel in PANELS:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24, panel["title"]
        for x in range(place["x"], place["x"] + place["w"]):
            for y in range(place["y"], place["y"] + place["h"]):
                assert taken.setdefault((x, y), panel["title"]) == panel["title"]


def test_every_alert_tells_what_to_do() -> None:
    """Each rule has a severity, a summary, a description and a runbook that is there and has a row for it."""
    blocks = re.split(r"^      - alert: ", RULES, flags=re.MULTILINE)[1:]
    assert len(blocks) > 20
    for block in blocks:
        name = block.split("\n", 1)[0]
        assert re.search(r"severity: (critical|warning)}", block), name
        assert "summary: " in block, name
        assert "description: >-" in block, name
        (runbook,) = re.findall(r"runbook: (.+)$", block, re.MULTILINE)
        for service in services_of(name):
            path, _, anchor = re.sub(r"{{.*}}", service, runbook).partition("#")
            text = (ROOT / path).read_text("utf-8")
            headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
            assert anchor in map(_anchor, headings), f"{name}: {runbook}"
            assert name in text, f"{path} does not say what to do about {name}"


def services_of(alert: str) -> tuple[str, ...]:
    """What the placeholder in the path of a runbook can stand for."""
    if alert == "MonitorRestarts":
        return ("ingest", "spread", "alerting", "dashboard", "publisher")
    return ("spread", "alerting")


def test_every_alert_has_a_case() -> None:
    """prometheus-alerts-test.yml shows each rule firing, and no rule that does not exist."""
    cases = (EXAMPLES / "prometheus-alerts-test.yml").read_text("utf-8")

    assert set(re.findall(r'alertname="(\w+)"', cases)) == {name for name, _ in alert_expressions()}


def promtool(*arguments: str) -> str:
    """What `promtool …` says, which must be content."""
    program = shutil.which("promtool")
    if program is None:
        pytest.skip("needs prometheus")
    done = subprocess.run([program, *arguments], cwd=EXAMPLES, capture_output=True, text=True, check=False, timeout=240)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_prometheus_takes_its_configuration() -> None:
    """promtool finds no fault with prometheus.yml and the rules that it loads."""
    assert f"{len(alert_expressions())} rules found" in promtool("check", "config", "prometheus.yml")


def test_the_rules_pass_their_cases() -> None:
    """Each rule fires when it should and not a little earlier, and none fires while all is well."""
    promtool("test", "rules", "prometheus-alerts-test.yml")


class Prometheus(NamedTuple):
    """A server that scrapes the running monitor once a second. url: without a slash at the end."""

    url: str

    def get(self, path: str, **query: str) -> Any:
        """`data` of an answer."""
        address = f"{self.url}/api/v1/{path}?{urllib.parse.urlencode(query)}"
        with urllib.request.urlopen(address, timeout=30) as answer:
            return json.load(answer)["data"]

    def answers(self) -> bool:
        """Whether it can be asked by now."""
        try:
            return self.ask("vector(1)") != []
        except OSError:
            return False

    def ask(self, expression: str) -> list[dict[str, Any]]:
        """The samples of an instant query, now."""
        return list(self.get("query", query=expression)["result"])


@pytest.fixture(scope="module")
def prometheus(running_monitor: RunningMonitor, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """Debian's Prometheus with the shipped configuration, quicker, and with the address of the running monitor."""
    program = shutil.which("prometheus")
    if program is None:
        pytest.skip("needs prometheus")
    folder = tmp_path_factory.mktemp("prometheus")
    text = (EXAMPLES / "prometheus.yml").read_text("utf-8").replace("15s", "1s")
    host = running_monitor.url.removeprefix("http://")
    (folder / "prometheus.yml").write_text(text.replace("127.0.0.1:8080", host))
    (folder / "prometheus-alerts.yml").write_text(RULES)
    port = free_tcp_port()
    command = [program, "--config.file=prometheus.yml", "--storage.tsdb.path=data"]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [*command, f"--web.listen-address=127.0.0.1:{port}"], cwd=folder, stdout=log, stderr=log
        )
    found = Prometheus(f"http://127.0.0.1:{port}")
    try:
        deadline = time.monotonic() + 150
        while not found.answers():
            lives = server.poll() is None and time.monotonic() < deadline
            assert lives, (folder / "log").read_text("utf-8")[-2000:]
            time.sleep(0.1)
        yield found
    finally:
        server.terminate()
        server.wait(60)


def excused(expression: str) -> str | None:
    """Why a query may have no answer here, None when it must have one."""
    for selector, reason in EMPTY.items():
        name, _, inner = selector.rstrip("}").partition("{")
        if re.search(rf"\b{name}\b", expression) and inner in expression:
            return reason
    return None


def unanswered(prometheus: Prometheus, queries: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The queries that have no samples now."""
    return [(where, query) for where, query in queries if not prometheus.ask(query)]


def test_every_query_has_an_answer(prometheus: Prometheus) -> None:
    """A real Prometheus that scrapes a real monitor answers each panel of the dashboard, and each selector of each
    alert, with samples; what stays empty is named above with its reason."""
    queries = [(where, filled(expression)) for where, expression in panel_expressions()]
    for name, expression in alert_expressions():
        queries += [(name, "".join(parts)) for parts in SELECTOR.findall(expression)]
    queries.append(("MonitorUnreachable", 'up{job="monitor"}'))
    deadline = time.monotonic() + 150

    while True:
        try:
            queries = unanswered(prometheus, queries)
        except OSError:
            assert time.monotonic() < deadline, "Prometheus does not answer"
        if all(excused(query) for _, query in queries):
            break
        assert time.monotonic() < deadline, [one for one in queries if not excused(one[1])]
        time.sleep(0.2)


def test_no_alert_fires_while_all_is_well(prometheus: Prometheus) -> None:
    """Prometheus evaluates each rule without an error, and finds nothing to say of a healthy monitor."""
    deadline = time.monotonic() + 120
    while True:
        try:
            groups = prometheus.get("rules")["groups"]
        except OSError:
            groups = []
        rules = [rule for group in groups for rule in group["rules"]]
        if rules and all(rule["health"] != "unknown" for rule in rules):
            break
        assert time.monotonic() < deadline, "the rules were not evaluated"
        time.sleep(0.1)

    assert {rule["name"]: rule.get("lastError", "") for rule in rules} == {name: "" for name, _ in alert_expressions()}
    assert [rule["name"] for rule in rules if rule["state"] == "firing"] == []


def test_samples_keep_the_names_of_their_processes(prometheus: Prometheus, running_monitor: RunningMonitor) -> None:
    """With the shipped configuration `instance` is the process, as in /metrics, not the address that was scraped."""
    names = ("board", "service", "instance")

    def running() -> set[tuple[str, ...]]:
        with urllib.request.urlopen(f"{running_monitor.url}/metrics", timeout=30) as answer:
            families = list(text_string_to_metric_families(answer.read().decode()))
        (processes,) = [family.samples for family in families if family.name == "monitor_process_info"]
        return {tuple(one.labels[name] for name in names) for one in processes}

    def scraped() -> set[tuple[str, ...]]:
        return {tuple(one["metric"].get(name) for name in names) for one in prometheus.ask("monitor_process_info")}

    deadline = time.monotonic() + 120
    # On a busy machine a scrape may just have been missed, or a process not have spoken for a while.
    while True:
        found, wanted = scraped(), running()
        if found == wanted and len(wanted) >= 4:
            break
        assert time.monotonic() < deadline, (found, wanted)
        time.sleep(0.1)

    assert found == wanted
    assert {service for _, service, _ in found} == {"ingest", "spread", "alerting", "dashboard"}
