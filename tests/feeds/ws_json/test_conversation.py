"""What is said to a vendor and when, without a socket."""

import json
from typing import Any

import pytest

from monitor.feeds.conversation import Turn
from monitor.feeds.port import FrameError
from monitor.feeds.ws_json.conversation import JsonVendor
from monitor.feeds.ws_json.rival import MOST_KICKS
from tests.feeds.ws_json.vendors import SECRET, prices, reasons, spec_of, vendor_of

LOGIN = {
    "after": "hello",
    "send": {"login": "{token}"},
    "wait_for": "status=='in'",
    "fail_when": "status=='out' || type=='error'",
    "timeout_s": 5,
}
TRADE = {"type": "trade", "data": [{"s": "AAA", "p": 1.5, "t": 1_795_190_400_000}]}


def hear(vendor: JsonVendor, message: Any) -> Turn:
    return vendor.received(json.dumps(message).encode(), 1_795_190_400_000_000_000)


def said(turn: Turn) -> list[Any]:
    return [json.loads(text) for text in turn.say]


def test_without_a_login_it_subscribes_at_once() -> None:
    """One message a symbol, in their order, and the feed is up: nobody will answer."""
    turn = vendor_of(spec_of()).opened(0)

    assert said(turn) == [{"subscribe": "AAA"}, {"subscribe": "BBB"}]
    assert turn.ready


def test_a_login_goes_step_by_step() -> None:
    """It waits for the greeting, says who we are, waits for the permission, and only then subscribes and is up."""
    vendor = vendor_of(spec_of(auth=LOGIN))

    assert vendor.answer_s == 5
    assert vendor.opened(0) == Turn()
    assert said(hear(vendor, {"hello": 1})) == [{"login": SECRET}]
    assert hear(vendor, {"hello": 2}).say == ()  # a second greeting is no reason for a second login
    granted = hear(vendor, {"status": "in"})
    assert said(granted) == [{"subscribe": "AAA"}, {"subscribe": "BBB"}]
    assert granted.ready
    assert prices(hear(vendor, TRADE)) == [("AAA", 1.5)]


def test_a_new_connection_begins_anew() -> None:
    """What was agreed on the last one is void: login, refusals and the numbers of messages."""
    how = {"mode": "batch", "template": {"n": "{seq:int}", "id": "{uuid}", "at": "{now_ms}", "symbols": "{symbols}"}}
    vendor = vendor_of(spec_of(auth=LOGIN, subscribe=how))
    for _ in range(2):
        vendor.opened(0)
        assert said(hear(vendor, {"hello": 1})) == [{"login": SECRET}]
        assert said(hear(vendor, {"status": "in"})) == [
            {"n": 2, "id": "id-1", "at": "1795190400000", "symbols": "AAA,BBB"}
        ]


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ({"mode": "batch", "template": {"s": "{symbols}"}}, [{"s": "AAA,BBB"}]),
        ({"mode": "batch", "join": "|", "template": {"s": "{symbols}"}}, [{"s": "AAA|BBB"}]),
        ({"mode": "batch", "symbol_template": "T.{symbol}", "template": {"s": "{symbols}"}}, [{"s": "T.AAA,T.BBB"}]),
        ({"mode": "batch_list", "template": {"s": "{symbols}"}}, [{"s": ["AAA", "BBB"]}]),
        ({"mode": "replace_all", "template": {"s": "{items}"}}, [{"s": ["AAA", "BBB"]}]),
        (
            {"mode": "replace_all", "item": {"code": "{symbol}"}, "template": {"s": "{items}"}},
            [{"s": [{"code": "AAA"}, {"code": "BBB"}]}],
        ),
    ],
)
def test_each_mode_says_its_symbols_its_own_way(how: dict[str, Any], expected: list[Any]) -> None:
    assert said(vendor_of(spec_of(subscribe=how)).opened(0)) == expected


def test_a_refused_login_needs_a_person() -> None:
    vendor = vendor_of(spec_of(auth=LOGIN))
    vendor.opened(0)
    hear(vendor, {"hello": 1})

    assert hear(vendor, {"status": "out"}).failed == "the server refuses the login"


def test_an_error_during_the_login_is_fatal_only_when_its_code_is() -> None:
    """Too many connections passes by itself, as the server remembers the last one for a while; a bad key does not."""
    error = {"when": "type=='error'", "code": "code", "message": "msg", "fatal_codes": [402]}
    vendor = vendor_of(spec_of(auth=LOGIN, decode={"error": error}))
    vendor.opened(0)
    hear(vendor, {"hello": 1})

    assert hear(vendor, {"type": "error", "code": 406, "msg": "connection limit"}).hang_up == (
        "the server says: 406 connection limit"
    )
    assert (
        hear(vendor, {"type": "error", "code": 402, "msg": "auth failed"}).failed == "the server says: 402 auth failed"
    )
    assert hear(vendor, {"type": "error", "code": "402", "msg": ""}).failed == "the server says: 402"


def test_a_fatal_message_is_found_whatever_its_letters() -> None:
    error = {"when": "type=='error'", "message": "msg", "fatal_messages": ["too many symbols"]}
    vendor = vendor_of(spec_of(decode={"error": error}))
    vendor.opened(0)

    assert hear(vendor, {"type": "error", "msg": "Subscribing to Too Many Symbols"}).failed


def test_an_error_that_passes_is_told_once() -> None:
    """The feed stays up and says what the server said; the same again is no news."""
    vendor = vendor_of(spec_of())
    vendor.opened(0)
    first, second = (hear(vendor, {"type": "error", "code": 605, "msg": "slow down"}) for _ in range(2))

    assert first.ready
    assert first.detail == "2 symbols; the server says: 605 slow down"
    assert second == Turn()


def test_what_a_server_says_is_bounded_and_without_secrets() -> None:
    """A server may repeat our token, send control characters, or a novel."""
    vendor = vendor_of(spec_of())
    vendor.opened(0)
    detail = hear(vendor, {"type": "error", "msg": f"bad {SECRET}\x1b[2J\n" + "x" * 9000}).detail

    assert SECRET not in detail
    assert detail.isprintable()
    assert len(detail) < 200


def test_refused_symbols_are_named() -> None:
    """Texts, objects, null: however the vendor puts it; a later acceptance clears nothing else."""
    ack = {"when": "type=='ack'", "ok": "ok[].symbol", "fails": "fails"}
    vendor = vendor_of(spec_of(decode={"ack": ack}))
    vendor.opened(0)

    assert hear(vendor, {"type": "ack", "ok": [{"symbol": "AAA"}], "fails": None}) == Turn()
    fails = ["BBB is not available", {"symbol": "CCC", "code": 404, "message": "not found"}]
    assert hear(vendor, {"type": "ack", "ok": [], "fails": fails}).detail == (
        "2 symbols; refused: BBB is not available, CCC 404 not found"
    )


def test_a_plan_with_fewer_symbols_gets_the_first_and_says_which_are_left_out() -> None:
    """Never the whole subscription lost for one symbol too many."""
    vendor = vendor_of(spec_of(limits={"symbols": 2}), *(f"S{number}" for number in range(9)))
    turn = vendor.opened(0)

    assert said(turn) == [{"subscribe": "S0"}, {"subscribe": "S1"}]
    assert turn.detail == "2 of 9 symbols, the plan's limit; without S2, S3, S4, S5, S6 and 2 more"


def test_a_budget_of_messages_cuts_what_is_asked_for_one_by_one() -> None:
    """The login is one of them. Where one message names all symbols, the budget is no matter."""
    how = {"mode": "batch", "template": {"s": "{symbols}"}}
    one_by_one = vendor_of(spec_of(auth={"send": {"login": "{token}"}}, limits={"client_events": 2}))

    assert said(one_by_one.opened(0)) == [{"login": SECRET}, {"subscribe": "AAA"}]
    assert said(vendor_of(spec_of(subscribe=how, limits={"client_events": 1})).opened(0)) == [{"s": "AAA,BBB"}]


def test_a_heartbeat_waits_for_the_login() -> None:
    """Before it, an unexpected message could cost the connection."""
    vendor = vendor_of(spec_of(auth=LOGIN, heartbeat={"every_s": 10, "template": {"ping": "{now_ms:int}"}}))
    vendor.opened(0)

    assert vendor.heartbeat_s == 10
    assert vendor.heartbeat(5_000_000) == Turn()
    hear(vendor, {"hello": 1})
    hear(vendor, {"status": "in"})
    assert said(vendor.heartbeat(5_000_000)) == [{"ping": 5}]


def test_answers_find_their_way_back_through_the_subscription() -> None:
    """Asked for 700$HK, the vendor answers 700; what nobody asked for stays what it is, to be counted as unknown."""
    vendor = vendor_of(spec_of(decode={"answers_as": "(.+)[$][A-Z]+"}), "700$HK", "AAPL$US", "EURUSD")
    vendor.opened(0)
    records = [{"s": symbol, "p": 1, "t": 1} for symbol in ("700", "AAPL", "EURUSD", "9988", "700$HK")]

    assert [symbol for symbol, _ in prices(hear(vendor, {"type": "trade", "data": records}))] == [
        "700$HK",
        "AAPL$US",
        "EURUSD",
        "9988",
        "700$HK",
    ]


def test_messages_that_nobody_knows_are_counted() -> None:
    vendor = vendor_of(spec_of())
    vendor.opened(0)

    assert reasons(hear(vendor, {"type": "news"})) == ["UNKNOWN_MESSAGE"]
    with pytest.raises(FrameError) as caught:
        vendor.received(b"\xff{", 1)
    assert caught.value.reason == "BAD_JSON"


def test_each_message_of_a_frame_counts_by_itself() -> None:
    """A status beside data in one array loses neither; what comes after a fatal one is not read any more."""
    spec = spec_of(decode={"messages": "@", "records": "[@]", "data": "p", "ignore": "type=='status'"})
    vendor = vendor_of(spec)
    vendor.opened(0)
    trade = {"s": "AAA", "p": 2, "t": 1}

    turn = hear(vendor, [{"type": "status"}, trade, {"who": "knows"}, trade])
    assert prices(turn) == [("AAA", 2.0), ("AAA", 2.0)]
    assert reasons(turn) == ["UNKNOWN_MESSAGE"]
    assert prices(hear(vendor, trade)) == [("AAA", 2.0)]
    assert reasons(hear(vendor, [])) == ["UNKNOWN_MESSAGE"]


def test_a_fatal_message_ends_a_frame_but_not_the_records_before_it() -> None:
    error = {"when": "type=='error'", "code": "code", "fatal_codes": [1]}
    vendor = vendor_of(spec_of(decode={"messages": "@", "records": "[@]", "data": "p", "error": error}))
    vendor.opened(0)
    turn = hear(vendor, [{"s": "AAA", "p": 2, "t": 1}, {"type": "error", "code": 1}, {"s": "BBB", "p": 2, "t": 1}])

    assert prices(turn) == [("AAA", 2.0)]
    assert turn.failed


def test_another_process_with_the_same_key_is_noticed() -> None:
    """Granted and soon ended by the server, again and again: two processes throw each other out for ever."""
    vendor = vendor_of(spec_of(limits={"connections": 1}))
    verdicts = []
    for _ in range(MOST_KICKS):
        vendor.opened(0)
        hear(vendor, TRADE)
        verdicts.append(vendor.closed(1000, 2.0))

    assert verdicts[:-1] == [""] * (MOST_KICKS - 1)
    assert "same key" in verdicts[-1]


@pytest.mark.parametrize("story", ["never served", "broke off", "lived long", "no limit", "restarts"])
def test_other_ends_are_no_rival(story: str) -> None:
    """A server that lets nobody in, a network that fails, a connection that lasted, a vendor without such a limit, a
    server that says it is in trouble or going away itself."""
    vendor = vendor_of(spec_of(limits={} if story == "no limit" else {"connections": 1}))
    for _ in range(2 * MOST_KICKS):
        vendor.opened(0)
        if story != "never served":
            hear(vendor, TRADE)
        code = {"broke off": None, "restarts": 1012}.get(story, 1000)
        assert vendor.closed(code, 100.0 if story == "lived long" else 1.0) == ""


def test_a_vendors_own_codes_end_it() -> None:
    vendor = vendor_of(spec_of(reconnect={"fatal_closes": [4001]}))

    assert "4001" in vendor.closed(4001, 100.0)
    assert vendor.closed(1008, 100.0) == ""
