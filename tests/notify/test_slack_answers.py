"""Every answer of Slack has one class (ALERTING section 16), whichever way in it was asked."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.notify.http import Answer
from monitor.notify.port import Accepted, Outcome, PayloadRefused, Permanent, Transient, Unknown
from monitor.notify.slack.answers import Refused, api_result, hook_outcome, upload_outcome


def answer(status: int, text: str, retry_after_s: float | None = None, *, complete: bool = True) -> Answer:
    """As the transport hands it over."""
    return Answer(status=status, text=text, reason="why", retry_after_s=retry_after_s, complete=complete)


def no(error: Any, status: int = 200, **more: Any) -> Answer:
    """A refusal of the Web API."""
    return answer(status, json.dumps({"ok": False, "error": error}), **more)


HOOK = [
    (200, "ok", Accepted),
    *((status, "ok", Transient) for status in (201, 204, 302, 500)),
    *((200, text, Transient) for text in ("", "ok\n", " ok", "OK", "<html>Sign in</html>", '{"ok":true}')),
    *((status, "", Transient) for status in (301, 302, 303, 307, 308, 408, 500, 502, 503, 504)),
    (500, "rollup_error", Transient),
    (429, "rate_limited", Transient),
    *(
        (status, word, Permanent)
        for status in (200, 400, 403, 404, 410, 500)
        for word in (
            "no_service",
            "no_team",
            "invalid_token",
            "channel_not_found",
            "channel_is_archived",
            "action_prohibited",
            "user_not_found",
            "posting_to_general_channel_denied",
            "team_disabled",
        )
    ),
    (403, "<html><body>invalid_token</body></html>", Permanent),
    *((status, "", Permanent) for status in (401, 403, 404, 410)),
    *((400, word, PayloadRefused) for word in ("invalid_payload", "invalid_blocks", "too_many_attachments", "what?")),
]


@pytest.mark.parametrize(("status", "text", "expected"), HOOK)
def test_a_webhook_s_answer(status: int, text: str, expected: type[Outcome]) -> None:
    """The body first, the status second, and success is nothing but 200 with exactly `ok`."""
    assert type(hook_outcome(answer(status, text))) is expected


API = [
    *(
        (error, Permanent)
        for error in (
            "invalid_auth",
            "account_inactive",
            "token_revoked",
            "token_expired",
            "not_authed",
            "not_in_channel",
            "channel_not_found",
            "is_archived",
            "missing_scope",
            "restricted_action",
        )
    ),
    *((error, PayloadRefused) for error in ("invalid_blocks", "msg_too_long", "no_text", "something_new")),
    *((error, Transient) for error in ("ratelimited", "rate_limited", "service_unavailable")),
    *((error, Unknown) for error in ("fatal_error", "internal_error", "request_timeout")),
    *((error, Transient) for error in (None, 7, "", ["invalid_auth"])),
]


@pytest.mark.parametrize(("error", "expected"), API)
def test_an_error_of_the_web_api(error: object, expected: type[Outcome]) -> None:
    """HTTP 200 with `ok: false` is a refusal, and its word decides."""
    refused = api_result(no(error))

    assert isinstance(refused, Refused)
    assert type(refused.outcome) is expected


@pytest.mark.parametrize(
    ("given_answer", "expected"),
    [
        (answer(200, "<html>Sign in</html>"), Transient("why")),
        (answer(200, ""), Transient("why")),
        (answer(200, "[]"), Transient("why")),
        (answer(200, '{"ok": 1}'), Transient("why")),
        (answer(200, '{"ok": "true"}'), Transient("why")),
        (answer(200, '{"ok": true', complete=False), Unknown("why")),
        (answer(200, "[" * 100_000), Transient("why")),
        (answer(302, '{"ok": true}'), Transient("why")),
        (answer(500, '{"ok": true}'), Transient("why")),
        (answer(503, ""), Transient("why")),
        (answer(429, "", 3.0), Transient("why", 3.0)),
        (no("ratelimited", 429, retry_after_s=3.0), Transient("why", 3.0)),
        (no("ratelimited", retry_after_s=2.0), Transient("why", 2.0)),
        (no("something_new", 500), Transient("why")),
        (no("internal_error", 500), Unknown("why")),
        (no("invalid_auth", 401), Permanent("why")),
        (answer(404, "nothing here"), Permanent("why")),
        (answer(400, "bad"), PayloadRefused("why")),
    ],
)
def test_an_answer_that_is_no_result(given_answer: Answer, expected: Outcome) -> None:
    """Pages, redirects, server errors and half an answer are judged by what they leave open."""
    refused = api_result(given_answer)

    assert isinstance(refused, Refused)
    assert refused.outcome == expected


def test_a_result_is_what_says_ok() -> None:
    """200 and `ok: true` give the object itself."""
    assert api_result(answer(200, '{"ok": true, "ts": "1.2"}')) == {"ok": True, "ts": "1.2"}


def test_what_ends_an_edit_and_what_ends_a_thread() -> None:
    """The errors after which something is said anew, and no others."""
    errors = ["message_not_found", "cant_update_message", "edit_window_closed", "thread_not_found", "is_archived"]
    refused = [found for error in errors if isinstance(found := api_result(no(error)), Refused)]

    assert [r.edit_forbidden for r in refused] == [True, True, True, False, False]
    assert [r.thread_missing for r in refused] == [True, False, False, True, False]
    assert [r.channel_missing for r in refused] == [False, False, False, False, True]


def test_an_upload_is_taken_or_judged_by_its_status() -> None:
    """The upload address speaks words of its own."""
    assert upload_outcome(answer(200, "OK - 4711")) == Accepted()
    assert upload_outcome(answer(302, "")) == Transient("why")


@given(st.integers(200, 599), st.text(), st.booleans())
def test_no_answer_raises_and_none_is_success_by_chance(status: int, text: str, complete: bool) -> None:
    """Whatever arrives has a class; only the exact words of success are success."""
    got = answer(status, text, complete=complete)

    assert (type(hook_outcome(got)) is Accepted) == (status == 200 and text == "ok")
    assert isinstance(api_result(got), Refused)
