"""Components of `mmsia benchmark --all`: what they time, and what they refuse."""

from __future__ import annotations

import importlib
from dataclasses import dataclass

import pytest
import torch

from mmsia.bench.speed import loading_cases, metrics_cases, operators_cases
from mmsia.bench.speed.components import COMPONENTS, measure_components
from mmsia.bench.speed.models_cases import CONTESTS, Contest, contest_case
from mmsia.bench.speed.network_calls import (
    BOTH,
    FORWARD,
    KEYPOINT_RCNN,
    Network,
    Task,
    network_call,
    tensors_of,
)
from mmsia.bench.speed.record import Setting, measure
from mmsia.errors import DataError

ONCE = Setting(rounds=1, seconds=0.01)


@dataclass
class Listing:
    """A data set of these images."""

    ids: list[int]

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, index: int) -> int:
        return self.ids[index]

    def get_data_info(self, index: int) -> dict[str, int]:
        return {"img_id": self.ids[index]}


@dataclass
class Found:
    """Maps in a dataclass, as some heads put out."""

    maps: torch.Tensor
    stages: list[torch.Tensor]


def test_every_component_has_a_module():
    for name in COMPONENTS:
        module = importlib.import_module(f"mmsia.bench.speed.{name}_cases")
        assert name == module.COMPONENT and callable(module.measure_all)


def test_generation_has_no_peer():
    records = list(measure_components(["generation"], ONCE))
    assert {record.component for record in records} == {"generation"}
    assert len({record.case for record in records}) == len(records) == 4
    assert all(not record.ratios and record.ours.median > 0 for record in records)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["codecs", "operators", "loading", "metrics"])
def test_every_case_of_a_component_runs(name: str):
    records = list(measure_components([name], ONCE))
    assert len({record.case for record in records}) == len(records) > 3
    for record in records:
        assert record.component == name and record.ours.name.startswith("mmsia")
        assert len({timing.name for timing in record.timings}) == len(record.timings)
        assert all((timing.times > 0).all() for timing in record.timings)


@pytest.mark.slow
@pytest.mark.parametrize("contest", CONTESTS, ids=lambda contest: contest.name)
def test_every_network_computes(contest: Contest):
    for call in contest_case(contest, FORWARD, "cpu", ONCE).calls.values():
        (run,) = call
        maps = tensors_of(run())
        assert maps and all(part.isfinite().all() for part in maps)


@pytest.mark.slow
def test_memory_of_training_is_above_that_of_a_forward():
    peaks = [
        measure(contest_case(CONTESTS[0], step, "cpu", ONCE), ONCE).megabytes
        for step in (FORWARD, BOTH)
    ]
    assert set(peaks[0]) == set(peaks[1]) == set(CONTESTS[0].networks)
    # At least the weights of each network, 4 bytes each: HRNet-W32 has 28.5 million.
    assert peaks[0]["MMPose HRNet-W32"] > 4 * 28.5e6 / 2**20
    assert all(peaks[1][name] > 1.3 * peaks[0][name] for name in peaks[0])


def test_operators_that_disagree_are_refused():
    ones = torch.ones(3)
    operators_cases.check_same("sum", ones * 1.0005, ones)
    for other in (ones * 1.01, ones * float("nan")):
        with pytest.raises(DataError, match="sum and its peer disagree"):
            operators_cases.check_same("sum", other, ones)


def test_metrics_that_disagree_are_refused():
    metrics_cases.check_equal("AP", 50.0, 50.0)
    for other in (50.1, float("nan")):
        with pytest.raises(DataError, match="AP and its peer disagree"):
            metrics_cases.check_equal("AP", other, 50.0)


def test_pipelines_of_other_images_are_refused():
    case = loading_cases.same_images("test", Listing([3, 5]), Listing([3, 5]), "peer")
    assert [call() for call in case.calls["mmsia"]] == [3, 5]
    assert [call() for call in case.calls["peer"]] == [3, 5]
    for other in ([5, 3], [3]):
        with pytest.raises(DataError, match="images of both pipelines"):
            loading_cases.same_images("test", Listing([3, 5]), Listing(other), "peer")


def test_tensors_are_found_wherever_they_are():
    a, b, c = (torch.zeros(1) for _ in range(3))
    found = tensors_of([{"a": a}, (Found(b, [c]), None)])
    assert [part is each for part, each in zip(found, (a, b, c), strict=True)]


def test_a_network_of_ours_forward_and_backward():
    network = Network("cganet/separated_256x192_d3w64", {"backbone.width": 8})
    network.changes["head.in_channels"] = 14
    for step in (FORWARD, BOTH):
        output = network_call(network, Task((64, 96), step, "cpu"))()
        if step == FORWARD:
            assert output.shape == (1, 17, 24, 16) and output.grad_fn is None


def test_contests_name_ours_first_and_configs_that_exist():
    from mmsia.paths import project_root

    assert len({contest.name for contest in CONTESTS}) == len(CONTESTS)
    for contest in CONTESTS:
        first, *others = contest.networks
        assert first.startswith("mmsia ") and others
        for network in contest.networks.values():
            if not network.config.startswith(("mmpose::", KEYPOINT_RCNN)):
                assert (project_root() / f"configs/{network.config}.py").is_file()
