"""FID and KID against the sums of torchmetrics and of scipy, and what they say of too few pictures."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import linalg
from torchmetrics.image.kid import maximum_mean_discrepancy, poly_kernel

from eval.errors import Unscored
from eval.metrics import kid as kid_file
from eval.metrics.fid import FEWEST, frechet
from eval.metrics.kid import kid, mmd
from eval.metrics.metric import SetMetric
from eval.metrics.registry import SET_METRICS
from pipelines.images import Floats

SEEDS = st.integers(0, 2**16)


def features(seed: int, count: int, wide: int = 6, away: float = 0.0) -> Floats:
    rng = np.random.default_rng(seed)
    return (rng.normal(size=(count, wide)) @ rng.normal(size=(wide, wide)) + away).astype(np.float32)


@given(SEEDS, st.floats(0, 3))
def test_fid_is_that_of_the_root_of_a_matrix_and_symmetric(seed: int, away: float) -> None:
    one, other = features(seed, 60), features(seed + 1, 80, away=away)
    first, second = (np.cov(each.astype(np.float64), rowvar=False) for each in (one, other))
    root = np.real(linalg.sqrtm(first @ second))
    apart = ((one.astype(np.float64).mean(0) - other.astype(np.float64).mean(0)) ** 2).sum()
    assert frechet(one, other) == pytest.approx(apart + np.trace(first + second - 2 * root), rel=1e-4, abs=1e-4)
    assert frechet(one, other) == pytest.approx(frechet(other, one), rel=1e-6, abs=1e-6)
    assert frechet(one, one) == pytest.approx(0, abs=1e-4)


def test_fid_of_fewer_pictures_than_features_is_finite() -> None:
    assert np.isfinite(frechet(features(1, 20, 40), features(2, 20, 40)))


@given(SEEDS)
def test_kid_is_that_of_torchmetrics(seed: int) -> None:
    one, other = features(seed, 30), features(seed + 1, 30, away=0.3)
    first, second = torch.from_numpy(one).double(), torch.from_numpy(other).double()
    kernels = poly_kernel(first, first), poly_kernel(first, second), poly_kernel(second, second)
    assert mmd(one, other) == pytest.approx(float(maximum_mean_discrepancy(*kernels)), rel=1e-6)
    assert mmd(one, other) == pytest.approx(mmd(other, one))


def test_kid_has_no_bias_from_the_number_of_pictures() -> None:
    rng = np.random.default_rng(0)
    draws = [mmd(*rng.normal(size=(2, count, 4)).astype(np.float32)) for count in (10, 40) for _ in range(150)]
    few, more = np.array(draws[:150]), np.array(draws[150:])
    assert abs(few.mean()) < 4 * few.std() / np.sqrt(150)
    assert abs(more.mean()) < 4 * more.std() / np.sqrt(150)
    assert few.min() < 0


def test_large_sets_are_compared_by_subsets_that_are_always_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kid_file, "SUBSET", 40)
    one, other = features(1, 90, away=0.0), features(1, 70, away=1.0)
    assert kid(one, other) == kid(one, other)
    assert kid(one, other) == pytest.approx(mmd(one, other), rel=0.3)
    assert kid(one, other) != mmd(one, other)
    assert kid(one[:40], other[:40]) == mmd(one[:40], other[:40])


@pytest.mark.parametrize("metric", SET_METRICS, ids=lambda each: each.name)
def test_a_set_metric_declares_its_net_and_its_resize_and_refuses_too_few(metric: SetMetric) -> None:
    assert {"net", "resize", "mean", "std"} <= metric.method.keys()
    assert metric.range[0] < metric.range[1]
    assert metric.margin > 0
    with pytest.raises(Unscored, match="pictures on each side"):
        metric.distance(features(1, 5), features(2, 200))
    near, far = (metric.distance(features(1, FEWEST), features(1, FEWEST, away=away)) for away in (0.1, 2.0))
    assert near < far
