"""Boards, health and what does not exist, over HTTP."""

import asyncio
import json

import msgspec
import pytest
from redis.asyncio import Redis

from monitor.assembly.site import Site
from monitor.bus.health import HealthKeys
from monitor.errors import UnreachableError
from monitor.readouts.web import create_app
from monitor.workers.dashboard import dashboard
from tests.eventually import eventually
from tests.processes import fleet
from tests.readouts.publishing import KEYS, publish
from tests.readouts.sample import alert, sample
from tests.readouts.sample_paths import SampleDesk, SamplePast
from tests.real.api.served import BOARD, Start, served


async def test_board_is_the_stored_document(redis: Redis, start: Start) -> None:
    """The API hands out the calculator's own bytes, with a tag that saves asking for them again."""
    await publish(redis, sample())
    async with start() as server:
        await eventually(lambda: server.live.newest)
        status, body, answer = await server.get("/api/boards/hk-us")
        unchanged, _, _ = await server.get("/api/boards/hk-us", headers={"If-None-Match": answer.headers["ETag"]})
        await publish(redis, sample(seq=2))
        await eventually(lambda: server.live.newest and server.live.newest.snapshot.seq == 2)
        changed, _, _ = await server.get("/api/boards/hk-us", headers={"If-None-Match": answer.headers["ETag"]})

    assert (status, unchanged, changed) == (200, 304, 200)
    assert body == json.loads(sample().to_json())


async def test_lists_boards_and_alerts(redis: Redis, start: Start) -> None:
    """What can be asked for is listed, and active alerts are JSON."""
    await publish(redis, sample(), alert())
    async with start() as server:
        await eventually(lambda: server.live.newest)
        _, boards, _ = await server.get("/api/boards")
        _, answer, _ = await server.get("/api/boards/hk-us/alerts")

    assert boards == {"boards": ["hk-us"]}
    assert [(a["rule"], a["instance"], a["value"]) for a in answer["alerts"]] == [
        ("spread-1d-wide", "hstech-ixic", 6.21)
    ]


MISSING = [
    ("/api/boards/none", "unknown board", "There are hk-us"),
    ("/api/boards/hk-uk/alerts", "unknown board", "Did you mean hk-us?"),
    ("/api/boards/none/events", "unknown board", "There are hk-us"),
    ("/api/boards/none/ws", "unknown board", "There are hk-us"),
    ("/api/boards/hk-us/pairs/hstech-ixc", "unknown pair", "Did you mean hstech-ixic?"),
    ("/api/boards/hk-us/baskets/titan", "unknown basket", "Did you mean titans?"),
    ("/api/boards/hk-us/instruments/0700.HX", "unknown instrument", "Did you mean 0700.HK?"),
    ("/api/boards/hk-us/metrics?match=IXIC.price.never", "unknown metric", "Did you mean IXIC.price.now?"),
    ("/api/boards/hk-us/pairs/none/path", "unknown pair", "There are china-m7_mag7, hstech-ixic"),
    ("/api/boards/hk-us/baskets/none/day", "unknown basket", "There are china-m7, mag7, titans"),
    ("/api/x", "no such resource", "/api/docs lists them all"),
    ("/api", "no such resource", "/api/docs lists them all"),
    ("/api/boards/%3Cscript%3E", "unknown board", "There are hk-us"),
]


async def test_what_does_not_exist_is_404_with_the_nearest(redis: Redis, start: Start) -> None:
    """Programs get JSON for what does not exist, never a page, and what they may have meant."""
    await publish(redis, sample())
    async with start() as server:
        await eventually(lambda: server.live.newest)
        for path, error, hint in MISSING:
            status, body, answer = await server.get(path)
            assert (status, body["error"], answer.content_type) == (404, error, "application/json"), path
            assert body["hint"].startswith(hint), path


async def test_parts_of_the_snapshot(redis: Redis, start: Start) -> None:
    """A pair, a basket, an instrument and the flat numbers are those of the snapshot, with its tag, and say that they
    are simulated."""
    board = sample(simulated=True)
    whole = json.loads(board.to_json())
    await publish(redis, board)
    async with start() as server:
        await eventually(lambda: server.live.newest)
        _, pair, _ = await server.get(f"{BOARD}/pairs/hstech-ixic")
        _, basket, _ = await server.get(f"{BOARD}/baskets/mag7")
        _, line, answer = await server.get(f"{BOARD}/instruments/0700.HK")
        _, some, _ = await server.get(
            f"{BOARD}/metrics", params=[("match", "hstech-ixic.spread_pp.*"), ("match", "I*")]
        )
        _, all_, _ = await server.get(f"{BOARD}/metrics")
        unchanged = [
            (await server.get(f"{BOARD}/{part}", headers={"If-None-Match": f'"x", {answer.headers["ETag"]}'}))[0]
            for part in ("pairs/hstech-ixic", "baskets/mag7", "instruments/0700.HK", "metrics", "metrics?match=HSI.*")
        ]

    assert pair["pair"] == whole["pair_views"]["hstech-ixic"]
    assert (pair["t"], pair["seq"], pair["simulated"], pair["id"]) == (whole["t"], whole["seq"], True, "hstech-ixic")
    assert basket["windows"] == whole["baskets"]["mag7"]
    assert basket["basket"] == whole["basket_views"]["mag7"]
    assert line["instrument"] == whole["instruments"]["0700.HK"]
    assert some["metrics"]["hstech-ixic.spread_pp.1d"] == whole["pairs"]["hstech-ixic"]["1D"]
    assert {name.partition(".")[0] for name in some["metrics"]} == {"hstech-ixic", "IXIC"}
    assert some["simulated"]
    assert all_["metrics"].items() >= some["metrics"].items()
    assert unchanged == [304] * 5


async def test_numbers_say_what_has_to_be_said_of_them(redis: Redis, start: Start) -> None:
    """Beside flat numbers stands which of them are late, thin or estimated, as in history; of those that were asked
    for, and of nothing that is missing."""
    await publish(redis, sample())
    async with start() as server:
        await eventually(lambda: server.live.newest)
        _, all_, _ = await server.get(f"{BOARD}/metrics")
        _, some, _ = await server.get(
            f"{BOARD}/metrics", params=[("match", "*.sync_spread_pp.1d"), ("match", "IXIC.*")]
        )

    assert some["statuses"] == {"hstech-ixic.sync_spread_pp.1d": "ESTIMATE DELAYED"}
    assert all_["statuses"].items() > some["statuses"].items()
    assert all_["statuses"]["mag7.return_pct.1d"] == "DEGRADED"
    assert "OK" not in all_["statuses"].values()
    assert all(all_["metrics"][name] is not None for name in all_["statuses"])


async def test_foreign_text_arrives_as_text(redis: Redis, start: Start) -> None:
    """A name that looks like markup is a JSON string of that name, and nothing that a browser could take for a page."""
    board = sample()
    line = msgspec.structs.replace(board.instruments["0700.HK"], name="<script>alert(1)</script>")
    await publish(redis, sample(instruments={**board.instruments, "0700.HK": line}))
    async with start() as server:
        await eventually(lambda: server.live.newest)
        _, body, answer = await server.get(f"{BOARD}/instruments/0700.HK")
        _, missing, _ = await server.get(f"{BOARD}/instruments/%3Cscript%3E")

    assert body["instrument"]["name"] == "<script>alert(1)</script>"
    assert missing["found"] == "<script>"
    assert (answer.content_type, answer.headers["X-Content-Type-Options"]) == ("application/json", "nosniff")


ABSURD = [
    f"{BOARD}/history?limit=0",
    f"{BOARD}/history?limit=10001",
    f"{BOARD}/history?every=1h",
    f"{BOARD}/history?since=yesterday",
    f"{BOARD}/history?since=2025-02-30",
    f"{BOARD}/pairs/hstech-ixic/path?span=2Y",
    f"{BOARD}/alerts/episodes?before_ms=-1",
    f"{BOARD}/events?content=everything",
    f"{BOARD}/metrics?match={'x' * 201}",
    f"/api/boards/{'x' * 201}",
]


async def test_absurd_parameters_are_named(redis: Redis, start: Start) -> None:
    """What no parameter can be is refused in the one form, and the reason names the parameter."""
    await publish(redis, sample())
    async with start() as server:
        await eventually(lambda: server.live.newest)
        for path in ABSURD:
            status, body, _ = await server.get(path)
            assert (status, body["error"]) == (422, "not usable"), path
            name = path.rpartition("?")[2].partition("=")[0] if "?" in path else "board"
            assert name in body["reason"], path


async def test_methods(redis: Redis, start: Start) -> None:
    """HEAD answers as GET without a body, also of a stream; OPTIONS names the methods; others are refused by name."""
    await publish(redis, sample())
    async with start() as server:
        await eventually(lambda: server.live.newest)
        head, nothing, answer = await server.ask("HEAD", BOARD)
        stream, _, endless = await server.ask("HEAD", f"{BOARD}/events")
        options, _, allowed = await server.ask("OPTIONS", f"{BOARD}/silences")
        refused, body, _ = await server.ask("PUT", f"{BOARD}/silences")
        probe, _, _ = await server.ask("POST", "/healthz")
        get, _, _ = await server.get(f"{BOARD}/dead-letters/retry")

    assert (head, nothing, "ETag" in answer.headers) == (200, "", True)
    assert (stream, endless.content_type) == (200, "text/event-stream")
    assert (options, allowed.headers["Allow"]) == (204, "GET, HEAD, OPTIONS, POST")
    assert (refused, body["error"], body["hint"]) == (405, "method not allowed", "Allowed: GET, HEAD, OPTIONS, POST")
    assert (probe, get) == (405, 405)


async def test_a_lost_redis_is_said_and_nothing_old_is_given_out(site: Site) -> None:
    """While Redis is away what would be old is 503 with the reason, and health says so; all comes back with Redis. Who
    shows no token reads that Redis does not answer, but not where it is."""
    async with fleet() as machine, served(machine.client, site) as server:
        await publish(machine.client, sample())
        await eventually(lambda: server.live.newest)
        machine.processes[machine.REDIS].kill()
        await eventually(lambda: "does not answer" in server.live.problem)
        answers = [await server.get(path) for path in (BOARD, f"{BOARD}/alerts", f"{BOARD}/silences", f"{BOARD}/rules")]
        _, health, _ = await server.get("/api/health")
        alive, _, _ = await server.get("/healthz")
        unready, open_to_all, _ = await server.get("/readyz")
        await machine.start_redis()
        await eventually(lambda: server.live.problem == "")
        back, _, _ = await server.get(BOARD)

    assert [status for status, _, _ in answers] == [503] * 4
    assert all("Redis" in body["reason"] for _, body, _ in answers)
    assert (health["status"], health["services"]) == ("unavailable", [])
    assert (alive, back) == (200, 200)
    assert (unready, open_to_all["reasons"]) == (503, ["Redis does not answer"])


async def test_health_tells_of_everything(redis: Redis, start: Start) -> None:
    """Services with versions, feeds, lag, depth of the streams: one answer."""
    await publish(redis, sample())
    await redis.xadd(KEYS.snapshots, {"d": "{}"}, id="1740154800250-0")
    process = b'{"service":"spread","instance":"s1","version":"9.9","pid":7,"started":1.0,"written":2.0}'
    await HealthKeys(redis, KEYS).write("spread", "s1", process, b"", 10)
    async with start() as server:
        await eventually(lambda: server.live.newest and server.live.depths)
        status, body, _ = await server.get("/api/health")

    assert (status, body["status"], body["reasons"], body["board"]) == (200, "ok", [], "hk-us")
    assert body["snapshot"]["lag_s"] > 1_000_000
    assert body["feeds"]["mqtt"]["state"] == "down"
    assert [(one["instance"], one["version"]) for one in body["processes"]] == [("s1", "9.9")]
    depths = {one["stream"]: (one["length"], one["newest_ms"]) for one in body["streams"]}
    assert depths["snapshots"] == (1, 1_740_154_800_250)
    assert depths["daily"] == (0, None)
    assert (body["open_streams"], body["max_streams"]) == (0, 500)


async def test_the_manual_and_the_document(start: Start) -> None:
    """The document is OpenAPI 3.1 with a schema of every answer and a sentence on every parameter and every type; the
    page drawn from it names every address and loads nothing."""
    async with start() as server:
        _, document, _ = await server.get("/api/openapi.json")
        status, page, answer = await server.get("/api/docs")

    assert document["openapi"].startswith("3.1")
    assert (status, answer.content_type) == (200, "text/html")
    assert all(path in page for path in document["paths"])
    assert "src=" not in page
    for methods in document["paths"].values():
        for operation in methods.values():
            for code, said in operation["responses"].items():
                assert code == "304" or all(content["schema"] for content in said["content"].values())
            assert all(parameter["description"] for parameter in operation.get("parameters", ()))
    assert all(schema["description"] for schema in document["components"]["schemas"].values())
    assert "409" in document["paths"][f"{BOARD.replace('hk-us', '{board}')}/history"]["get"]["responses"]
    assert "429" in document["paths"]["/metrics"]["get"]["responses"]
    assert "401" not in document["paths"]["/readyz"]["get"]["responses"]


async def test_not_ready_without_a_snapshot(start: Start) -> None:
    """Alive, but not ready: the reason is in the answer, and the board is 503."""
    async with start() as server:
        await eventually(lambda: "no snapshot" in server.live.problem)
        alive, _, _ = await server.get("/healthz")
        ready, reasons, _ = await server.get("/readyz")
        board, _, _ = await server.get("/api/boards/hk-us")

    assert (alive, ready, board) == (200, 503, 503)
    assert reasons["reasons"] == ["no snapshot of board hk-us in Redis yet"]


async def test_ready_while_the_board_moves(redis: Redis, start: Start) -> None:
    """Ready with a fresh snapshot, not ready when it has stood still for too long; alive only while work is done."""
    await publish(redis, sample())
    async with start(fresh_s=15.0) as server:
        await eventually(lambda: server.live.newest)
        fresh, _, _ = await server.get("/readyz")
        server.clock.ahead_s = 20.0
        stale, body, _ = await server.get("/readyz")

    assert (fresh, stale) == (200, 503)
    assert body["reasons"] == ["no new snapshot for 20 s"]


async def test_metrics_of_all_services(redis: Redis, start: Start) -> None:
    """One scrape gives this process and every other one that left its text in Redis."""
    text = b"# HELP monitor_x x\n# TYPE monitor_x gauge\nmonitor_x 3.0\n"
    await HealthKeys(redis, KEYS).write("ingest", "i1", b"{}", text, 10)
    async with start() as server:
        status, body, _ = await server.get("/metrics")

    assert status == 200
    assert 'monitor_x{instance="i1",service="ingest"} 3.0' in body
    assert 'process_resident_memory_bytes{instance="test",service="dashboard"}' in body


async def test_port_in_use_is_said(redis: Redis, start: Start) -> None:
    """A taken port ends the start with what to change."""
    async with start() as server:
        port = int(server.url.rpartition(":")[2])
        app = create_app(
            server.live,
            server.clock,
            HealthKeys(redis, KEYS).metrics,
            past=SamplePast(),
            desk=SampleDesk(),
            pages=False,
        )
        with pytest.raises(UnreachableError, match="MONITOR_DASHBOARD__PORT"):
            await dashboard(app, server.live, host="127.0.0.1", port=port, stop=asyncio.Event())
