"""A small catalogue, data and runs that need no codec, for the engine's tests."""

from __future__ import annotations

import pytest

from mmsia.bench.data import DataSource, open_data
from mmsia.bench.measurement import Measurement, Request
from mmsia.bench.plan import Options, RunSpec
from mmsia.bench.recipe import CatalogueEntry, load_catalogue
from mmsia.bench.terms import Scale


@pytest.fixture(scope="session")
def catalogue() -> dict[str, CatalogueEntry]:
    return load_catalogue()


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> DataSource:
    return open_data(Scale.SMOKE, tmp_path_factory.mktemp("data"))


@pytest.fixture
def options() -> Options:
    return Options(Scale.SMOKE, num_draws=10)


@pytest.fixture
def execute():
    """Stands for the work of a run; counts how often it was asked."""

    class Execute:
        calls: list[str] = []

        def __call__(self, spec: RunSpec, request: Request) -> Measurement:
            self.calls.append(spec.config)
            request.on_progress(1, 1)
            return Measurement(
                scores={"ap": 80.0 + len(self.calls)},
                intervals={"ap": (78.0, 84.0)},
                counts={"num_images": len(request.data.records)},
                predictions=[{"image_id": 1, "score": 0.5}],
            )

    stand_in = Execute()
    stand_in.calls = []
    return stand_in
