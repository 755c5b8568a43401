"""How unusual the spread of a pair is now (DOMAIN section 8): today's value against the history before it."""

from monitor.core.definition import Statistics
from monitor.core.pairs.history import History
from monitor.core.stats.ewma import EwmaState, EwmaZ
from monitor.core.views.pair import StatisticsView


def statistics_view(
    parameters: Statistics, history: History, lag_pp: float | None, samples: EwmaState, sync_pp: float | None
) -> StatisticsView:
    """For the snapshot. lag_pp, sync_pp: spreads of one session under LAG and SYNC, percentage points, None without.

    samples: what the spreads under SYNC so far have left behind.
    """
    z, robust = history.z.score(lag_pp), history.robust.score(lag_pp)
    ewma = EwmaZ(parameters.halflife, parameters.min_obs, samples).score(sync_pp)
    lag, overlap = history.lag, history.overlap
    return StatisticsView(
        lookback=parameters.lookback,
        n=z.n,
        first_session=history.first,
        last_session=history.last,
        z=z.z,
        z_status=z.status,
        mean=z.centre,
        std=z.scale,
        robust_z=robust.z,
        robust_status=robust.status,
        ewma_z=ewma.z,
        ewma_status=ewma.status,
        ewma_n=ewma.n,
        ewma_mean=ewma.centre,
        ewma_std=ewma.scale,
        beta=lag.beta,
        alpha=lag.alpha,
        corr=lag.corr,
        beta_status=lag.status,
        overlap_n=overlap.n,
        overlap_beta=overlap.beta,
        overlap_corr=overlap.corr,
        overlap_status=overlap.status,
    )
