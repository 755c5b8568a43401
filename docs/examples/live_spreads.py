# %% [markdown]
# # The live board as a table
#
# Follows the server-sent events of a running dashboard and prints the spreads of all pairs, by window, in percentage
# points, whenever the board has changed. Beyond loopback put its token into the variable `MONITOR_DASHBOARD__TOKEN`.
#
#     python live_spreads.py http://127.0.0.1:8080/api/boards/hk-us

# %%
import json
import os
import sys
from collections.abc import Iterator
from urllib.request import Request, urlopen

import pandas as pd

BOARD = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8080/api/boards/hk-us"


# %%
def boards(board: str = BOARD, token: str = os.environ.get("MONITOR_DASHBOARD__TOKEN", "")) -> Iterator[dict]:
    """Each snapshot of a board: the newest at once, then the next ones as fast as you take them."""
    with urlopen(Request(f"{board}/events", headers={"Authorization": f"Bearer {token}"}), timeout=30) as stream:
        event = ""
        for line in stream:
            field, _, value = line.decode().rstrip("\n").partition(": ")
            if field == "event":
                event = value
            elif field == "data" and event == "snapshot":
                yield json.loads(value)


# %%
for snapshot in boards():
    spreads = pd.DataFrame(snapshot["pairs"]).T.astype(float)  # a missing spread is NaN here
    print(snapshot["t"], "SIMULATED" if snapshot["simulated"] else "", spreads.round(2), sep="\n")
