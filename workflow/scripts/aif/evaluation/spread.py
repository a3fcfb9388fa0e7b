"""The spread of a value over seeds."""

from __future__ import annotations

import numpy as np
from scipy.stats import bootstrap

STATISTICS = ("median", "min", "q1", "q3", "ci_low", "ci_high")
RESAMPLES = 2000


def interval_in_words(n_seeds: int) -> str:
    """Return what the interval of so many seeds is called: that of two is no more than their range."""
    return "their range" if n_seeds == 2 else "bootstrap 95 % intervals"


def statistics(values: np.ndarray) -> dict[str, float]:
    """Return the STATISTICS of some runs' values; NaN where there are too few.

    ci_low and ci_high are a 95 % bootstrap interval of the median (percentiles); it needs two runs.
    """
    if not len(values):
        return dict.fromkeys(STATISTICS, np.nan)
    q1, median, q3 = np.quantile(values, [0.25, 0.5, 0.75])
    low = high = np.nan
    if len(values) > 1:
        rng = np.random.default_rng(0)
        low, high = bootstrap(
            (values,), np.median, n_resamples=RESAMPLES, method="percentile", rng=rng
        ).confidence_interval
    return dict(zip(STATISTICS, (median, values.min(), q1, q3, low, high), strict=True))
