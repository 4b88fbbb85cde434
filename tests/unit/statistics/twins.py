"""Slow, obvious twins of the survival estimators: one patient and one time after another."""

import numpy as np


def survival_by_hand(time, event, weights=None):
    """Kaplan-Meier at each distinct time, counting who is there."""
    weights = np.ones(len(time)) if weights is None else weights
    survival, curve = 1.0, {}
    for now in sorted(set(time)):
        at_risk = sum(w for t, w in zip(time, weights, strict=True) if t >= now)
        dead = sum(w for t, e, w in zip(time, event, weights, strict=True) if t == now and e)
        survival *= 1 - dead / at_risk
        curve[now] = survival
    return curve


def breslow_likelihood(beta, time, event, x):
    """Partial log-likelihood of one covariate, straight from its definition."""
    return sum(
        beta * x[i]
        - np.log(sum(np.exp(beta * x[j]) for j in range(len(time)) if time[j] >= time[i]))
        for i in range(len(time))
        if event[i]
    )


def concordance_by_hand(time, event, score):
    """Pairs one by one."""
    agree = comparable = 0.0
    for i in range(len(time)):
        for j in range(len(time)):
            first = time[i] < time[j] or (time[i] == time[j] and not event[j])
            if event[i] and i != j and first:
                comparable += 1
                agree += (score[i] > score[j]) + 0.5 * (score[i] == score[j])
    return agree / comparable if comparable else float("nan")
