"""Alerts: what is active, what was, the rules behind them, and how their messages look and go out."""

from typing import Annotated

import msgspec
from fastapi import APIRouter, Query
from fastapi.responses import Response

from monitor.readouts.desk import ChannelView, EpisodeView, PreviewView, RuleView, StoryView
from monitor.readouts.web.api.answers import BoardId, ChannelName, EpisodeId, RuleId, Schemas, json_answer
from monitor.readouts.web.api.refusal import RefusedError, refusing, unknown
from monitor.readouts.web.api.source import Source
from monitor.readouts.web.api.stream_events import ActiveAlerts

_LAST_MS = 253_402_300_799_999
"""The end of the year 9999."""

RuleName = Annotated[str | None, Query(max_length=200, description="Of this rule alone")]
KindName = Annotated[
    str | None, Query(max_length=200, description="Of this kind of message alone: FIRING, RESOLVED and so on")
]
InstanceName = Annotated[str | None, Query(max_length=200, description="Of this pair, basket or instrument alone")]


class Episodes(msgspec.Struct, frozen=True, kw_only=True):
    """Alert episodes, what lasts first, then the newest. before_ms: of a call for older ones; null when there may be
    none."""

    episodes: list[EpisodeView]
    before_ms: int | None


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """Every instance of every rule. refused: why the rule file as it stands now is not what is shown, "" while it
    is."""

    rules: list[RuleView]
    refused: str


class Previews(msgspec.Struct, frozen=True, kw_only=True):
    """How messages of a rule would look."""

    previews: list[PreviewView]


class Channels(msgspec.Struct, frozen=True, kw_only=True):
    """Where messages go."""

    channels: list[ChannelView]


def add_alerts(router: APIRouter, source: Source, schemas: Schemas) -> None:
    """Routes of alerts that only read."""

    @router.get("/api/boards/{board}/alerts", responses=schemas.answers(ActiveAlerts, 404, 422, 503), tags=["alerts"])
    async def alerts(board: BoardId) -> Response:
        """Active alerts, the most urgent first."""
        return json_answer(ActiveAlerts(alerts=source.newest(board).alerts))

    @router.get(
        "/api/boards/{board}/alerts/episodes", responses=schemas.answers(Episodes, 404, 422, 503), tags=["alerts"]
    )
    async def episodes(
        board: BoardId,
        limit: Annotated[int, Query(ge=1, le=1_000, description="At most so many")] = 50,
        before_ms: Annotated[
            int | None, Query(ge=0, le=_LAST_MS, description="Only what is over and began before then, epoch ms UTC")
        ] = None,
        rule: RuleName = None,
        instance: InstanceName = None,
    ) -> Response:
        """Alert episodes of now and before, page by page."""
        source.check_board(board)
        with refusing(404, "unknown rule or instance"):
            found = await source.desk.episodes(limit=limit, before_ms=before_ms, rule=rule, instance=instance)
        over = [episode.start_ms for episode in found if episode.end_ms is not None]
        return json_answer(Episodes(episodes=found, before_ms=min(over) if over and len(found) >= limit else None))

    @router.get(
        "/api/boards/{board}/alerts/episodes/{episode}",
        responses=schemas.answers(StoryView, 404, 422, 503),
        tags=["alerts"],
    )
    async def story(board: BoardId, episode: EpisodeId) -> Response:
        """All that is on file of one episode: what happened, what was said of it, and to whom."""
        source.check_board(board)
        with refusing(404, "unknown episode"):
            return json_answer(await source.desk.story(episode))

    @router.get(
        "/api/boards/{board}/alerts/episodes/{episode}/chart.png",
        responses=schemas.answers(
            None, 404, 422, 503, media={"image/png": {"type": "string", "format": "binary"}}, said="A PNG"
        ),
        tags=["alerts"],
    )
    async def chart(board: BoardId, episode: EpisodeId) -> Response:
        """The chart of an episode's last message."""
        source.check_board(board)
        with refusing(404, "unknown episode"):
            picture = await source.desk.chart(episode)
        if picture is None:
            raise RefusedError(404, "no chart", reason="there is no chart of this episode, or no longer", found=episode)
        return Response(picture, media_type="image/png", headers={"cache-control": "no-cache"})

    @router.get("/api/boards/{board}/rules", responses=schemas.answers(Rules, 404, 422, 503), tags=["alerts"])
    async def rules(board: BoardId) -> Response:
        """Every instance of every rule with its state, what goes on first."""
        source.check_board(board)
        return json_answer(Rules(rules=await source.desk.rules(), refused=await source.desk.rules_refused()))

    @router.get(
        "/api/boards/{board}/rules/{rule}/preview", responses=schemas.answers(Previews, 404, 422, 503), tags=["alerts"]
    )
    async def preview(
        board: BoardId, rule: RuleId, instance: InstanceName = None, kind: KindName = None, channel: ChannelName = None
    ) -> Response:
        """How messages of a rule would look now, on each channel that it tells or on one. Nothing is sent."""
        source.check_board(board)
        names = {view.rule for view in await source.desk.rules()}
        if rule not in names:
            raise unknown("rule", rule, names)
        with refusing(404, "unknown instance, kind or channel"):
            shown = await source.desk.preview(rule, instance=instance, kind=kind, channel=channel)
        return json_answer(Previews(previews=shown))

    @router.get("/api/boards/{board}/channels", responses=schemas.answers(Channels, 404, 422, 503), tags=["alerts"])
    async def channels(board: BoardId) -> Response:
        """Every channel of the rule file, and how it fares."""
        source.check_board(board)
        return json_answer(Channels(channels=await source.desk.channels()))
