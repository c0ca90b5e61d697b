"""Three ways to forecast: (the past, how many points ahead, what was chosen) → so many values. Knows no files."""

import numpy
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


def season_ago(past, horizon, chosen):
    """The last season, again and again."""
    return numpy.resize(past[-chosen["season"] :], horizon)


def smoothing(past, horizon, chosen):
    """Holt-Winters: a level, a trend and what each part of the season adds, each updated by a share of the error."""
    season = chosen["season"]
    level_rate, trend_rate, season_rate = chosen["smoothing"]
    first, second = past[:season], past[season : 2 * season]
    level, trend = first.mean(), (second.mean() - first.mean()) / season
    added = first - level if season > 1 else numpy.zeros(1)
    for place in range(season, len(past)):
        error = past[place] - (level + trend + added[place % season])
        level, trend = level + trend + level_rate * error, trend + level_rate * trend_rate * error
        if season > 1:
            added[place % season] += season_rate * (1 - level_rate) * error
    steps = numpy.arange(horizon)
    return level + trend * (steps + 1) + added[(len(past) + steps) % season]


def regression(past, horizon, chosen):
    """A linear model of the same part of earlier seasons, the last points, the time and the part of the season."""
    season, back = chosen["season"], chosen["lags"] * chosen["season"]

    def features(values, place):
        same = values[place - back : place : season]
        recent = values[place - season : place].mean()
        part = numpy.arange(season) == place % season
        return numpy.concatenate([same, [values[place - 1], recent, place / len(past)], part])

    places = range(back, len(past))
    model = make_pipeline(StandardScaler(), Ridge(1.0))
    model.fit(numpy.array([features(past, place) for place in places]), past[back:])
    values = numpy.concatenate([past, numpy.zeros(horizon)])
    for place in range(len(past), len(values)):
        values[place] = model.predict(features(values, place)[None])[0]
    return values[len(past) :]


METHODS = {"as one season ago": season_ago, "exponential smoothing": smoothing, "regression": regression}
