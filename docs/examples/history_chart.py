# %% [markdown]
# # A spread, from history to a chart
#
# Reads what `monitor history 'hstech-ixic.*' --out spreads.parquet` wrote (a `.csv` does as well), or asks a running
# dashboard: give it the address of its CSV instead of a file. Open it as a notebook, cell by cell, or run it:
#
#     python history_chart.py spreads.parquet

# %%
import sys

import matplotlib.pyplot as plt
import pandas as pd

SOURCE = sys.argv[1] if len(sys.argv) > 1 else "spreads.parquet"
METRIC = "hstech-ixic.spread_pp.1d"


# %%
def said(rows: pd.DataFrame) -> list[str]:
    """What rows say of themselves, for the title: `SIMULATED`, `DELAYED`, `ESTIMATE`, ..."""
    return ["SIMULATED"] * bool(rows["simulated"].any()) + sorted(set(" ".join(rows["status"]).split()) - {"OK"})


# %%
bars = pd.read_parquet(SOURCE) if SOURCE.endswith(".parquet") else pd.read_csv(SOURCE, parse_dates=["t"])
bars = bars[bars["metric"] == METRIC].set_index("t").tz_convert("Asia/Hong_Kong")
spread = bars.resample("5min").agg({"high": "max", "low": "min", "close": "last"}).dropna()
fig, ax = plt.subplots(figsize=(11, 5), layout="constrained")
ax.fill_between(range(len(spread)), spread["low"], spread["high"], alpha=0.3)
ax.plot(range(len(spread)), spread["close"])  # by number: the hours without trading take no room
ax.axhline(0, color="grey", linewidth=0.8)
ax.xaxis.set_major_formatter(lambda i, _: f"{spread.index[int(i)]:%d %b %H:%M}" if 0 <= i < len(spread) else "")
ax.set(title=" ".join([METRIC, *said(bars)]), ylabel="percentage points", xlabel="Hong Kong time")
fig.savefig("spreads.png", dpi=150)
