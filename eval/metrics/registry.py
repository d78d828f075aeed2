"""Every metric, in the order of the reports' columns."""

from eval.metrics import psnr
from eval.metrics.metric import Metric


class Metrics:
    """Metrics by name, in the order given."""

    def __init__(self, *metrics: Metric) -> None:
        names = [each.name for each in metrics]
        if len(set(names)) != len(names):
            raise ValueError(f"two metrics share a name: {', '.join(names)}")
        self.all = metrics

    def __getitem__(self, name: str) -> Metric:
        return next(each for each in self.all if each.name == name)

    def __contains__(self, name: str) -> bool:
        return any(each.name == name for each in self.all)


METRICS = Metrics(psnr.METRIC)
