"""The documents say what is true: links lead somewhere, commands exist, examples parse, every key is described."""

import re
import tomllib
from functools import reduce
from pathlib import Path

import msgspec
import pytest
import typer
from pydantic import SecretStr

from monitor.cli import app
from monitor.core.metrics.catalogue import MEASURES, parse_metric
from monitor.core.metrics.frame import decode_frame
from monitor.core.metrics.measuring import frame_of
from monitor.feeds.yahoo.streamer import parse_frame, raw_quote
from monitor.settings.feed_folder import settings_tree
from monitor.settings.tree import MonitorSettings
from monitor.settings.variables import CONFIG_DIR, SECRETS_DIR, leaves, variable_name
from monitor.wire.keys import Keys
from monitor.wire.readout import LAST, hashes_of
from tests.readouts.sample import sample

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    page for page in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("services/**/*.md")) if page.is_file()
)
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_COMMAND = re.compile(r"(?<![\w./-])monitor((?: [a-z][a-z-]*)+)")


def _name(page: Path) -> str:
    return str(page.relative_to(ROOT))


def _sources() -> list[str]:
    return [path.read_text("utf-8") for path in (ROOT / "src").rglob("*.py")]


def _blocks(page: Path, *languages: str) -> list[str]:
    return [text for language, text in _FENCE.findall(page.read_text("utf-8")) if language in languages]


def _anchor(heading: str) -> str:
    """As GitHub makes it: lower case, blanks to hyphens, other signs dropped."""
    kept = re.sub(r"[^\w\- ]", "", heading.replace("`", "").lower())
    return kept.strip().replace(" ", "-")


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_links_lead_to_something_that_is_there(page):
    """Every relative link of every page names an existing file, and every anchor an existing heading."""
    text = _FENCE.sub("", page.read_text("utf-8"))

    for link in _LINK.findall(text):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{_name(page)} links to {link}"
        if anchor:
            anchors = {_anchor(heading) for heading in _HEADING.findall(target.read_text("utf-8"))}
            assert anchor in anchors, f"{_name(page)} links to {link}"


def _commands() -> dict[str, object]:
    """Every command of the program by its words: `alerts dead retry`. Groups are there too."""
    found: dict[str, object] = {}

    def collect(command, words: str) -> None:
        found[words] = command
        for name, child in getattr(command, "commands", {}).items():
            collect(child, f"{words} {name}".strip())

    collect(typer.main.get_command(app), "")
    return found


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_commands_shown_exist(page):
    """Every `monitor …` in code, inline or in a block, is a command of the program."""
    commands = _commands()
    text = page.read_text("utf-8")
    code = [*re.findall(r"`([^`\n]+)`", _FENCE.sub("", text)), *_blocks(page, "sh", "console")]

    for piece in code:
        for words in _COMMAND.findall(piece.replace("\\\n", " ")):
            parts = words.split()
            known = next((n for n in range(len(parts), 0, -1) if " ".join(parts[:n]) in commands), 0)
            assert known, f"{_name(page)} shows `monitor {words.strip()}`"
            command = commands[" ".join(parts[:known])]
            is_group = bool(getattr(command, "commands", None))
            assert not is_group or known == len(parts), f"{_name(page)} shows `monitor {words.strip()}`"


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_toml_examples_are_toml(page):
    """Every TOML block can be read."""
    for block in _blocks(page, "toml"):
        tomllib.loads(block)


def test_every_key_is_described():
    """docs/redis.md describes every key that the program uses, with an example for redis-cli."""
    page = (ROOT / "docs" / "redis.md").read_text("utf-8")
    examples = "\n".join(_blocks(ROOT / "docs" / "redis.md", "sh"))
    described, shown = Keys("monitor", "board"), Keys("monitor", "hk-us")

    names = [name for name in vars(Keys) if not name.startswith("_")]
    arguments = {
        "subject": ("<subject>", "hstech-ixic"),
        "history": ("<subject>", "hstech-ixic"),
        "lease": ("<role>", "spread"),
        "fence": ("<role>", "spread"),
        "outbox": ("<channel>", "console"),
        "jobs": ("<channel>", "console"),
        "dead": ("<channel>", "console"),
        "threads": ("<channel>", "console"),
    }
    for name in names:
        if name in ("health", "metrics"):
            assert f"`{getattr(described, name)('<service>', '<instance>')}`" in page, name
            assert f"monitor:{name}:" in examples, name
        elif name in arguments:
            word, value = arguments[name]
            assert f"`{getattr(described, name)(word)}`" in page, name
            assert getattr(shown, name)(value) in examples, name
        else:
            assert f"`{getattr(described, name)}`" in page, name
            assert getattr(shown, name) in examples, name


def test_every_measure_is_described_once():
    """docs/redis.md has one row for each measure of the calculator, with its unit, subjects and windows."""
    page = (ROOT / "docs" / "redis.md").read_text("utf-8")
    described = re.findall(r"^\| ([a-z, ]+) \| `(\w+)` \| (\w+) \| (all|`\w+`) \|", page, re.MULTILINE)
    snapshot = sample()
    written: dict[str, tuple[set[str], set[str]]] = {}
    for name in map(parse_metric, frame_of(snapshot).metrics):
        kind = next(
            (kind for kind in ("basket", "pair") if name.subject in getattr(snapshot, f"{kind}s")), "instrument"
        )
        subjects, windows = written.setdefault(name.measure, (set(), set()))
        subjects.add(kind)
        windows.add(name.window)

    assert sorted(measure for _, measure, _, _ in described) == sorted(written)
    for kinds, measure, unit, windows in described:
        assert set(kinds.split(", ")) == written[measure][0], measure
        assert unit == MEASURES[measure].unit, measure
        assert windows == ("all" if len(written[measure][1]) > 1 else f"`{written[measure][1].pop()}`"), measure
    assert set(MEASURES) - set(written) == {"contribution_pp"}


def test_every_text_of_a_hash_is_described():
    """Each field without a dot that the calculator writes beside the numbers stands in docs/redis.md."""
    page = (ROOT / "docs" / "redis.md").read_text("utf-8")
    section = page[page.index("## One subject") : page.index("## History")]
    snapshot = sample()

    fields = {
        field
        for subject, fields in hashes_of(snapshot, frame_of(snapshot)).items()
        if subject != LAST
        for field in fields
    }

    texts = {field for field in fields if "." not in field}
    assert len(texts) > 20
    assert {field for field in texts if f"`{field}`" not in section} == set()


def test_the_minimal_frame_of_the_page_is_a_frame():
    """The example in docs/redis.md is accepted by the reader of the snapshot stream, with the values it shows."""
    (example,) = [block for block in _blocks(ROOT / "docs" / "redis.md", "sh") if "XADD" in block]
    (document,) = re.findall(r"'(\{\"t\".*\})'", example)

    frame = decode_frame(document)

    assert frame.key == (1794276000000, 1)
    assert frame.metrics == {"hstech-ixic.spread_pp.1d": 1.62}
    assert frame.legs["HSTECH"].live
    assert frame.legs["HSTECH"].age_s == 0.4


def test_json_examples_are_json():
    """Every JSON block can be read."""
    for page in PAGES:
        for block in _blocks(page, "json"):
            msgspec.json.decode(block)


def test_the_frame_of_the_life_of_a_quote_says_what_the_page_says():
    """The frame in docs/life-of-a-quote.md decodes to the record in the table below it."""
    (frame,) = _blocks(ROOT / "docs" / "life-of-a-quote.md", "json")
    pricing = parse_frame(frame.strip().encode())
    assert pricing is not None

    raw = raw_quote(pricing, "yahoo", recv_ns=1785937395120000000)

    assert (raw.source_symbol, raw.event_ns) == ("AAPL", 1785937395000000000)
    assert (raw.price, raw.session, raw.prev_close) == (307.2, "regular", 309.38)


def test_the_names_of_the_life_of_a_quote_exist():
    """Each module that docs/life-of-a-quote.md names is there, and so is each name of code before it."""
    page = (ROOT / "docs" / "life-of-a-quote.md").read_text("utf-8")

    named = re.findall(r"`([A-Za-z_.]+)` \([^()]*?`([a-z_/]+\.py)`", page)
    assert len(named) > 20
    for name, path in named:
        source = (ROOT / "src" / "monitor" / path).read_text("utf-8")
        for part in name.split("."):
            assert re.search(rf"\b(class|def) {part}\b", source), f"{name} is not in {path}"


@pytest.mark.parametrize("page", ["docs/life-of-a-quote.md", "docs/glossary.md"])
def test_types_named_exist(page):
    """Every name in inline code that looks like a type is one of the program's, in the guide and in the glossary."""
    types = set(re.findall(r"^class (\w+)", "\n".join(_sources()), re.MULTILINE))
    text = _FENCE.sub("", (ROOT / page).read_text("utf-8"))

    named = re.findall(r"`([A-Z][a-z]+(?:[A-Z][a-z]+)*)(?:\.\w+)?`", text)

    assert len(named) > 20
    assert set(named) - types == set()


def test_the_glossary_explains_each_word_once():
    """No word has two rows in docs/glossary.md."""
    rows = re.findall(r"^\| \*\*(.+?)\*\* \|", (ROOT / "docs" / "glossary.md").read_text("utf-8"), re.MULTILINE)

    assert len(rows) == len(set(rows)) > 80


def test_every_setting_is_explained():
    """The table in docs/configure.md has one row for each setting, with the default that the program has."""
    page = (ROOT / "docs" / "configure.md").read_text("utf-8")
    rows = dict(re.findall(r"^\| `([a-z_.]+)` \| (\S+) \|", page, re.MULTILINE))

    assert list(rows) == [".".join(path) for path in leaves(MonitorSettings)]
    for name, shown in rows.items():
        value = reduce(getattr, name.split("."), MonitorSettings())
        if name == "data_dir":
            continue  # differs from person to person
        if isinstance(value, SecretStr):
            value = value.get_secret_value()
        text = str(value).lower() if isinstance(value, bool) else f"{value:g}" if isinstance(value, float) else value
        assert shown == (f"`{text}`" if text not in ("", {}, ()) else "empty"), name


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_variables_shown_are_settings(page):
    """Every MONITOR_ variable in inline code sets something, those of the shipped feed files included."""
    known = {variable_name(path) for path in leaves(settings_tree(ROOT / "config"))} | {CONFIG_DIR, SECRETS_DIR}
    text = _FENCE.sub("", page.read_text("utf-8"))

    for variable in re.findall(r"`(MONITOR_[A-Z0-9_<>]+)", text):
        pattern = variable.startswith("MONITOR_CHANNELS__") or "<NAME>" in variable
        assert variable in known or pattern, f"{_name(page)} names {variable}"


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_log_events_shown_are_logged(page):
    """Every event that a runbook tells to look for in the log is written somewhere in the program."""
    source = "\n".join(_sources())

    for cell in re.findall(r"^\| log: ([^|]+)\|", page.read_text("utf-8"), re.MULTILINE):
        for event in re.findall(r"`(\w+)`", cell):
            assert f'"{event}"' in source, f"{_name(page)} names {event}"
