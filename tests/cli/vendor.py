"""A vendor of JSON over WebSocket on this machine, in a thread of its own, and the feed file that describes it."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus

from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.sync.server import ServerConnection, serve

TOKEN = "s3cret-t0ken-of-the-desk"

FILE = """
[connection]
url = "wss://stream.desk.invalid/quotes?token={token}"

[connection.subscribe]
mode = "per_symbol"
template = { type = "subscribe", symbol = "{symbol}" }

[connection.limits]
symbols = 3

[decode]
data = "type=='trade'"
records = "data[]"
fields = { symbol = "s", price = "p", ts = { path = "t", unit = "ms" }, size = "v" }

[decode.ack]
when = "type=='ok'"

[symbols]
NVDA = "NVDA"
"0700.HK" = "700"
USDHKD = "USD_HKD"
AAPL = "AAPL"

[delays]
XHKG = 900
"""

QUOTED = {"NVDA": (140.25, 0), "USD_HKD": (7.8, 1_000)}
"""Symbol → price, and by how many milliseconds its time is late; of others the vendor says nothing."""


@contextmanager
def vendor(token: str = TOKEN) -> Iterator[str]:
    """Its address, to be set in place of the file's. It lets in who knows `token`."""

    def guard(_: ServerConnection, request: Request) -> Response | None:
        if request.path.endswith(f"token={token}"):
            return None
        return Response(HTTPStatus.UNAUTHORIZED, "Unauthorized", request.headers, b"no")

    def talk(connection: ServerConnection) -> None:
        try:
            for message in connection:
                symbol = json.loads(message)["symbol"]
                connection.send(json.dumps({"type": "ok"}))
                if symbol in QUOTED:
                    price, late_ms = QUOTED[symbol]
                    now_ms = time.time_ns() // 1_000_000
                    record = {"s": symbol, "p": price, "t": now_ms - late_ms, "v": 3}
                    connection.send(json.dumps({"type": "trade", "data": [record, record]}))
        except ConnectionClosed:
            pass

    with serve(talk, "127.0.0.1", 0, process_request=guard) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        host, port = server.socket.getsockname()
        try:
            yield f"ws://{host}:{port}/quotes?token={{token}}"
        finally:
            server.shutdown()
            thread.join()
