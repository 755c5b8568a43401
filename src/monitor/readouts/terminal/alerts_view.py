"""Everything of alerts: what is active with its evidence, what was, who wants silence, how the channels are. Pure."""

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from monitor.core.snapshot import Snapshot
from monitor.readouts import words
from monitor.readouts.alert_view import AlertView
from monitor.readouts.desk import ChannelView, EpisodeView, SilenceView, StoryView
from monitor.readouts.quantities import at, of_episode
from monitor.readouts.terminal import cell
from monitor.readouts.terminal.alerts import alerts as alert_lines
from monitor.readouts.terminal.beyond import Beyond
from monitor.readouts.terminal.data_alerts import data_alerts
from monitor.readouts.terminal.header import header
from monitor.readouts.terminal.rows import packed, spaced

_WIDE = 110


def alerts_view(
    snapshot: Snapshot, alerts: Sequence[AlertView], beyond: Beyond, width: int, now_ms: int
) -> RenderableType:
    """The view, what goes on now first."""
    title = cell.text("Alerts", cell.BOLD).append(f"  {words.clean(snapshot.title)}", cell.DIM)
    blocks: list[RenderableType] = [Group(*header(snapshot, title, width, now_ms), *data_alerts(snapshot))]
    moment = words.instant(snapshot.t)
    board_ms = None if moment is None else round(moment.timestamp() * 1000)
    if beyond.refused:
        blocks.append(cell.text(f"the rule file is refused, older rules are in force: {beyond.refused}", cell.NOTE))
    if not alerts:
        blocks += alert_lines(snapshot, alerts, width)
    for number, alert in enumerate(alerts):
        story = beyond.stories.get(f"{alert.rule}:{alert.instance}")
        shown = alert_lines(snapshot, [alert], width, title="ALERTS" if number == 0 else "")
        blocks.append(Group(*shown, *_evidence(alert, story, width, board_ms)))
    if beyond.episodes:
        blocks.append(_episodes(beyond.episodes, width, board_ms))
    if beyond.silences is not None:
        blocks.append(_silences(beyond.silences, width, board_ms))
    if beyond.channels is not None:
        blocks.append(_channels(beyond.channels, width))
    return spaced(blocks)


def _evidence(alert: AlertView, story: StoryView | None, width: int, board_ms: int | None) -> list[RenderableType]:
    """The ids, and what the newest message on it said, as it was then."""
    ids = Text(f"{words.clean(alert.rule)} · {words.clean(alert.instance)}", style=cell.DIM)
    if story is None:
        return [packed([ids], width)]
    said = story.said[-1:]
    told = Text("told nobody yet" if not said else f"told at {at(said[0].t, board_ms)} HKT", style=cell.DIM)
    return [
        packed([ids, cell.text(story.episode.id, cell.DIM), told], width),
        *(packed([cell.text(line)], width) for message in said for line in message.lines),
    ]


def _episodes(episodes: Sequence[EpisodeView], width: int, board_ms: int | None) -> RenderableType:
    wide = width >= _WIDE
    table = cell.table("EPISODES, the newest first; times of Hong Kong")
    table.add_column("from", no_wrap=True)
    table.add_column("lasted", justify="right", no_wrap=True)
    table.add_column("level", no_wrap=True)
    table.add_column("what", overflow="fold")
    table.add_column("peak", justify="right", no_wrap=True)
    if wide:
        table.add_column("limit", justify="right", no_wrap=True)
        table.add_column("told", justify="right", no_wrap=True)
        table.add_column("id", overflow="fold")
    table.add_column("end", overflow="fold")
    for found in episodes:
        lasted = None if found.end_ms is None else (found.end_ms - found.start_ms) / 1000
        what = cell.text(found.title)
        if found.instance not in found.title:
            what.append(f" {words.clean(found.instance)}", cell.DIM)
        row = [
            Text(at(found.start_ms, board_ms)),
            cell.text("goes on" if lasted is None else words.age(lasted, coarse=True)),
            cell.text(found.level or found.kind.replace("_", " ").lower(), cell.DIM),
            what,
            cell.text(of_episode(found.peak, found)),
        ]
        if wide:
            row += [
                cell.text(of_episode(found.limit, found)),
                cell.text(str(found.told)),
                cell.text(found.id, cell.DIM),
            ]
        table.add_row(*row, cell.text(found.ended_by.replace("_", " ").lower(), cell.DIM))
    return table


def _silences(silences: Sequence[SilenceView], width: int, board_ms: int | None) -> RenderableType:
    if not silences:
        return Text.assemble(("SILENCES ", cell.HEADING), ("none", cell.DIM))
    parts = [Text("SILENCES", style=cell.HEADING)]
    for silence in silences:
        levels = f" {', '.join(silence.levels)}" if silence.levels else ""
        about = f"{silence.rule or '*'} · {silence.instance or '*'}{levels}"
        line = cell.text(about, cell.BOLD).append(
            f" {words.clean(silence.state)} until {at(silence.ends_ms, board_ms)} HKT"
        )
        by = " ".join(part for part in (silence.by, silence.why) if part)
        parts.append(line.append(f" {words.clean(by)}" if by else "").append(f" {words.clean(silence.id)}", cell.DIM))
    return Group(parts[0], *(packed([part], width) for part in parts[1:]))


def _channels(channels: Sequence[ChannelView], width: int) -> RenderableType:
    looks = {"ok": cell.GOOD, "down": cell.ALARM}
    parts = []
    for channel in channels:
        part = cell.text(channel.name, cell.BOLD).append(" ")
        part.append_text(cell.text(words.channel_state(channel.state), looks.get(channel.state, cell.DIM)))
        for count, name in ((channel.waiting, "waiting"), (channel.dead, "dead")):
            part.append(f" {count:,} {name}" if count else "", cell.NOTE)
        parts.append(part.append(f" {words.clean(channel.reason)}" if channel.reason else "", cell.DIM))
    return Group(Text("CHANNELS", style=cell.HEADING), packed(parts or [Text("none", style=cell.DIM)], width))
