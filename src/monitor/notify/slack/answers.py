"""What Slack's answers mean for a message, for both of its ways in (ALERTING section 16).

Words come from the pages of chat.postMessage and chat.update (docs.slack.dev/reference/methods) and, for webhooks, from
the changelog of 2016-05-17 and from bodies seen in the wild (ALERTING section 22).
"""

import json
from typing import Any, TypeAlias

import msgspec

from monitor.notify.http import Answer
from monitor.notify.port import Accepted, Outcome, PayloadRefused, Permanent, Transient, Unknown

Result: TypeAlias = dict[str, Any]
"""The JSON object of a Web API answer that says `ok`."""

_HOOK_PERMANENT = frozenset(
    {
        "no_service",
        "no_service_id",
        "no_team",
        "no_active_hooks",
        "invalid_token",
        "channel_not_found",
        "channel_is_archived",
        "action_prohibited",
        "user_not_found",
        "posting_to_general_channel_denied",
        "team_disabled",
    }
)
_HOOK_PAYLOAD = frozenset(
    {"invalid_payload", "invalid_blocks", "invalid_attachments", "too_many_attachments", "no_text"}
)

_PERMANENT = frozenset(
    {
        # the token
        "not_authed",
        "invalid_auth",
        "account_inactive",
        "token_revoked",
        "token_expired",
        "missing_scope",
        "no_permission",
        "not_allowed_token_type",
        "access_denied",
        "accesslimited",
        "two_factor_setup_required",
        # the channel
        "channel_not_found",
        "not_in_channel",
        "is_archived",
        "channel_is_archived",
        "channel_type_not_supported",
        "is_inactive",
        "restricted_action",
        "restricted_action_read_only_channel",
        "restricted_action_thread_only_channel",
        "restricted_action_non_threadable_channel",
        "restricted_action_thread_locked",
        # the workspace
        "ekm_access_denied",
        "enterprise_is_restricted",
        "org_login_required",
        "team_access_not_granted",
        "team_not_found",
        "method_deprecated",
        "deprecated_endpoint",
        "unknown_method",
    }
)
_TRANSIENT = frozenset(
    {
        "ratelimited",
        "rate_limited",
        "message_limit_exceeded",
        "service_unavailable",
        "team_added_to_org",
        "update_failed",
    }
)
_UNKNOWN = frozenset({"fatal_error", "internal_error", "request_timeout"})
_NO_EDIT = frozenset({"message_not_found", "cant_update_message", "edit_window_closed"})
_NO_THREAD = frozenset({"message_not_found", "thread_not_found", "cannot_reply_to_message", "invalid_thread_ts"})
_NO_CHANNEL = frozenset({"channel_not_found", "not_in_channel", "is_archived", "channel_is_archived"})


class Refused(msgspec.Struct, frozen=True):
    """A method of the Web API that gave no result. error: Slack's word for it, "" when it said none."""

    outcome: Outcome
    error: str = ""

    @property
    def edit_forbidden(self) -> bool:
        """The message that was to be edited is gone, or has to stay as it is."""
        return self.error in _NO_EDIT

    @property
    def thread_missing(self) -> bool:
        """There is no thread at the message that was to be answered."""
        return self.error in _NO_THREAD

    @property
    def channel_missing(self) -> bool:
        """The channel cannot be reached with this token."""
        return self.error in _NO_CHANNEL


def hook_outcome(answer: Answer) -> Outcome:
    """Of an incoming webhook. The body decides before the status, and nothing but 200 with exactly `ok` is success: a
    login page comes with 200 too."""
    if answer.status == 200 and answer.text == "ok":
        return Accepted()
    word = answer.text.strip()
    if word in _HOOK_PERMANENT or (answer.status != 200 and "invalid_token" in answer.text):
        return Permanent(answer.reason)
    if word in _HOOK_PAYLOAD:
        return PayloadRefused(answer.reason)
    return _by_status(answer)


def api_result(answer: Answer) -> Result | Refused:
    """Of a method of the Web API. HTTP 200 alone is no success, and an answer that was too long to read is none at all.

    An error that is not known here is taken for one about the text, so that the words go out once more without
    decoration before the channel is given up.
    """
    said = _object(answer)
    if answer.status == 200 and said.get("ok") is True:
        return said
    error = _error(said)
    return Refused(_api_outcome(answer, error), error)


def _api_outcome(answer: Answer, error: str) -> Outcome:
    if answer.status == 429 or error in _TRANSIENT:
        return Transient(answer.reason, answer.retry_after_s)
    if error in _UNKNOWN or (answer.status == 200 and not answer.complete):
        return Unknown(answer.reason)
    if error in _PERMANENT:
        return Permanent(answer.reason)
    if error and answer.status < 500:
        return PayloadRefused(answer.reason)
    return _by_status(answer)


def upload_outcome(answer: Answer) -> Outcome:
    """Of the address that takes a file. It says 200 and some words of its own."""
    return Accepted() if answer.status == 200 else _by_status(answer)


def text_in(said: Result, key: str) -> str:
    """The text under `key`; "" when there is none."""
    text = said.get(key)
    return text if isinstance(text, str) else ""


def _by_status(answer: Answer) -> Outcome:
    if answer.status == 429:
        return Transient(answer.reason, answer.retry_after_s)
    if answer.status in (401, 403, 404, 410):
        return Permanent(answer.reason)
    if answer.status == 400:
        return PayloadRefused(answer.reason)
    return Transient(answer.reason)


def _object(answer: Answer) -> Result:
    """The JSON object in an answer; an empty one when there is none."""
    try:
        said = json.loads(answer.text)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _error(said: Result) -> str:
    return text_in(said, "error") if said.get("ok") is False else ""
