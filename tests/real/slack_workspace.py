"""What a Slack workspace keeps, as far as the bot's methods can see it: messages, edits, threads, files.

It checks what Slack checks (token, scopes, channel, limits of Block Kit) and refuses in Slack's words, so that a test
that ends with a message in here knows that Slack would have taken it.
"""

import itertools
from dataclasses import dataclass, field
from typing import Any

CHANNEL = "C0123ABC"
NAME = "#desk"
"""Of the channel; only chat.postMessage takes it."""
TOKEN = "xoxb-0000000000000-1111111111111-verysecretbottoken"

_SCOPE = {
    "auth.test": None,
    "chat.postMessage": "chat:write",
    "chat.update": "chat:write",
    "files.getUploadURLExternal": "files:write",
    "files.completeUploadExternal": "files:write",
    "conversations.history": "channels:history",
    "conversations.replies": "channels:history",
}
_TEXT_LIMITS = {"header": 150, "section": 3000}


@dataclass
class Post:
    """One message. versions: its payloads, the newest last. thread_ts: of the message it answers, None for none.
    files: (title, content) of what hangs at it."""

    ts: str
    versions: list[dict[str, Any]]
    thread_ts: str | None = None
    files: list[tuple[str, bytes]] = field(default_factory=list)

    @property
    def payload(self) -> dict[str, Any]:
        """What a reader sees now."""
        return self.versions[-1]

    @property
    def text(self) -> str:
        """The line a phone shows."""
        return str(self.payload["text"])

    @property
    def colour(self) -> str | None:
        """Of the bar beside it, None for bare words."""
        attachments = self.payload.get("attachments")
        return str(attachments[0]["color"]) if attachments else None

    @property
    def id(self) -> str | None:
        """Ours, from the metadata."""
        metadata = self.payload.get("metadata")
        return None if metadata is None else str(metadata["event_payload"]["id"])

    @property
    def broadcast(self) -> bool:
        """A reply that the whole channel sees too."""
        return bool(self.payload.get("reply_broadcast"))


@dataclass
class Workspace:
    """One channel of one workspace. scopes: of the app. posts: in order of arrival. url: where files are brought."""

    scopes: set[str] = field(default_factory=lambda: {"chat:write", "files:write", "channels:history"})
    posts: list[Post] = field(default_factory=list)
    url: str = ""
    uploads: dict[str, bytes] = field(default_factory=dict)
    _numbers: Any = field(default_factory=lambda: itertools.count(1))

    @property
    def channel(self) -> list[Post]:
        """What stands in the channel itself, oldest first."""
        return [post for post in self.posts if post.thread_ts is None]

    def thread(self, parent: Post) -> list[Post]:
        """The replies below a message, oldest first."""
        return [post for post in self.posts if post.thread_ts == parent.ts]

    def count(self, identifier: str) -> int:
        """How many messages were made with this id of ours; edits are none."""
        return sum(post.versions[0]["metadata"]["event_payload"]["id"] == identifier for post in self.posts)

    def at(self, ts: str) -> Post | None:
        """The message at this place."""
        return next((post for post in self.posts if post.ts == ts), None)

    def call(self, method: str, token: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """The answer of one method, done."""
        if token != TOKEN:
            return _no("invalid_auth")
        if method not in _SCOPE:
            return _no("unknown_method")
        scope = _SCOPE[method]
        if scope is not None and scope not in self.scopes:
            return {**_no("missing_scope"), "needed": scope, "provided": ",".join(sorted(self.scopes))}
        place = arguments.get("channel", arguments.get("channel_id", CHANNEL))
        if place != CHANNEL and (method, place) != ("chat.postMessage", NAME):
            return _no("channel_not_found")
        answer: dict[str, Any] = getattr(self, "_" + method.replace(".", "_"))(arguments)
        return answer

    def _auth_test(self, arguments: dict[str, Any]) -> dict[str, Any]:
        return {"ok": True, "user": "monitor", "team": "Desk"}

    def _chat_postMessage(self, arguments: dict[str, Any]) -> dict[str, Any]:  # noqa: N802 -- Slack's spelling
        thread_ts = arguments.get("thread_ts")
        if thread_ts is not None and self.at(thread_ts) is None:
            return _no("thread_not_found")
        fault = _fault(arguments)
        if fault:
            return _no(fault)
        post = Post(f"1794276000.{next(self._numbers):06}", [arguments], thread_ts)
        self.posts.append(post)
        return {"ok": True, "channel": CHANNEL, "ts": post.ts, "message": {"text": post.text}}

    def _chat_update(self, arguments: dict[str, Any]) -> dict[str, Any]:
        post = self.at(arguments["ts"])
        if post is None:
            return _no("message_not_found")
        fault = _fault(arguments)
        if fault:
            return _no(fault)
        before, after = _blocks(post.payload), _blocks(arguments)
        if any(before[block_id] != after[block_id] for block_id in before.keys() & after.keys()):
            return _no("invalid_blocks")  # Slack would silently keep the old ones
        kept = {"attachments": post.payload.get("attachments", [])}
        post.versions.append({**kept, **arguments})
        return {"ok": True, "channel": CHANNEL, "ts": post.ts, "text": post.text}

    def _conversations_history(self, arguments: dict[str, Any]) -> dict[str, Any]:
        seen = [post for post in reversed(self.posts) if post.thread_ts is None or post.broadcast]
        return _page(seen, arguments)

    def _conversations_replies(self, arguments: dict[str, Any]) -> dict[str, Any]:
        parent = self.at(arguments["ts"])
        return _no("thread_not_found") if parent is None else _page([parent, *self.thread(parent)], arguments)

    def _files_getUploadURLExternal(self, arguments: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        if not arguments.get("filename") or not arguments.get("length", "").isdecimal():
            return _no("invalid_arguments")
        file_id = f"F{next(self._numbers):08}"
        return {"ok": True, "upload_url": f"{self.url}/upload/v1/{file_id}?sig=a%2Fb%2Bc", "file_id": file_id}

    def _files_completeUploadExternal(self, arguments: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        (file,) = arguments["files"]
        parent = self.at(arguments["thread_ts"])
        if file["id"] not in self.uploads:
            return _no("file_not_found")
        if parent is None:
            return _no("thread_not_found")
        parent.files.append((file["title"], self.uploads[file["id"]]))
        return {"ok": True, "files": [file]}


def _no(error: str) -> dict[str, Any]:
    return {"ok": False, "error": error}


def _page(posts: list[Post], arguments: dict[str, Any]) -> dict[str, Any]:
    with_metadata = arguments.get("include_all_metadata") == "true"
    messages = []
    for post in posts[: int(arguments["limit"])]:
        message: dict[str, Any] = {"type": "message", "ts": post.ts, "text": post.text}
        if post.thread_ts is not None:
            message["thread_ts"] = post.thread_ts
        if with_metadata and post.payload.get("metadata"):
            message["metadata"] = post.payload["metadata"]
        messages.append(message)
    return {"ok": True, "messages": messages, "has_more": len(posts) > len(messages)}


def _blocks(payload: dict[str, Any]) -> dict[str, Any]:
    return {block["block_id"]: block for attachment in payload.get("attachments", []) for block in attachment["blocks"]}


def _fault(payload: dict[str, Any]) -> str | None:
    """Why Slack would refuse it, None when it would not."""
    if not payload.get("text") and not payload.get("attachments"):
        return "no_text"
    if len(payload["text"]) > 40_000:
        return "msg_too_long"
    for attachment in payload.get("attachments", []):
        blocks = attachment["blocks"]
        if len(blocks) > 50 or len({block["block_id"] for block in blocks}) < len(blocks):
            return "invalid_blocks"
        if any(_is_bad(block) for block in blocks):
            return "invalid_blocks"
    return None


def _is_bad(block: dict[str, Any]) -> bool:
    """Limits of docs.slack.dev/reference/block-kit/blocks."""
    text, fields, elements = block.get("text"), block.get("fields", []), block.get("elements", [])
    return (
        not 1 <= len(block["block_id"]) <= 255
        or (text is not None and not 1 <= len(text["text"]) <= _TEXT_LIMITS[block["type"]])
        or len(fields) > 10
        or any(not 1 <= len(entry["text"]) <= 2000 for entry in fields)
        or len(elements) > 10
        or any(not 1 <= len(element["text"]) <= 3000 for element in elements)
        or (block["type"] == "section" and text is None and not fields)
        or (block["type"] == "context" and not elements)
    )
