"""How whoever asks names what he gave, so that a refusal speaks of it in his words."""

import msgspec


class Names(msgspec.Struct, frozen=True, kw_only=True):
    """Names of arguments. The defaults are those of the API."""

    rule: str = "rule"
    instance: str = "instance"
    level: str = "levels"
    length: str = "length"
    until: str = "until"
    kind: str = "kind"
    channel: str = "channel"
    identifier: str = "id"


API = Names()
OPTIONS = Names(
    rule="--rule",
    instance="--instance",
    level="--level",
    length="--for",
    until="--until",
    kind="--kind",
    channel="--channel",
    identifier="--id",
)
"""Of `monitor alerts`."""
