"""What several commands take: the board, the configuration, recordings, JSON."""

from pathlib import Path
from typing import Annotated

import typer

Board = Annotated[str | None, typer.Option("--board", "-b", help="Board to use instead of the configured one.")]
ConfigDir = Annotated[
    Path | None, typer.Option("--config", help="Folder of monitor.toml, boards/, alerts.toml (MONITOR_CONFIG_DIR).")
]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document (or JSON Lines) on stdout, nothing else.")]
Paths = Annotated[
    list[Path], typer.Argument(help="Recorded quotes: .jsonl, .parquet, or the CSV forms; files or folders.")
]
Speed = Annotated[str, typer.Option("--speed", help="1 = as recorded, N = N times as fast, max = no waiting.")]
Data = Annotated[
    list[Path] | None,
    typer.Option("--data", help="Recorded prices: files or folders; may be repeated. Without: the closes on file."),
]
Basis = Annotated[
    str | None,
    typer.Option("--basis", help="Of daily CSV closes: raw, or split_adjusted (then the raw ones are worked out)."),
]

FeedNames = Annotated[
    list[str] | None, typer.Argument(help="Feeds (monitor feeds list); none: those that are on.", metavar="NAME…")
]
Symbols = Annotated[list[str] | None, typer.Option("--symbols", help="Only these, joined by commas; may be repeated.")]
