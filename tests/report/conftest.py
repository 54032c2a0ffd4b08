"""Tables whose runs were made by a stand-in, for the report's tests."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mmsia.bench.data import DataSource, open_data
from mmsia.bench.measurement import Measurement, Request
from mmsia.bench.plan import Options, RunSpec, make_plan
from mmsia.bench.recipe import CatalogueEntry, load_catalogue
from mmsia.bench.run import run_plan
from mmsia.bench.session import TableState, table_states
from mmsia.bench.store import Store
from mmsia.bench.terms import Evidence, Scale

SCORES = ("ap", "ap50", "ap75", "ap_m", "ap_l", "ar")


@pytest.fixture(scope="session")
def catalogue() -> dict[str, CatalogueEntry]:
    return load_catalogue()


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> DataSource:
    return open_data(Scale.SMOKE, tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="session")
def made_up() -> Callable[[RunSpec, Request], Measurement]:
    """Stands for the work of every run."""
    return _execute


def _execute(spec: RunSpec, request: Request) -> Measurement:
    curves = [
        {"kind": kind, "level": level, "ap": 80.0 - 10 * level, "ar": 82.0}
        for kind in ("gain", "blur")
        for level in (0.0, 0.5)
    ]
    return Measurement(
        scores=dict.fromkeys(SCORES, 81.25),
        intervals={"ap": (78.0, 84.0)},
        counts={"num_images": 60, "num_people": 200, "num_poses": 190},
        curves=tuple(curves) if spec.measure == "laboratory" else (),
    )


@pytest.fixture
def make_states(
    catalogue: dict[str, CatalogueEntry], data: DataSource
) -> Callable[..., list[TableState]]:
    def make(store: Store, scale: Scale = Scale.SMOKE) -> list[TableState]:
        return _states(catalogue, data, store, scale)

    return make


def _states(
    catalogue: dict, data: DataSource, store: Store, scale: Scale
) -> list[TableState]:
    states = []
    for table, evidence in (
        ("gog/upper-bounds", None),
        ("gog/table2", Evidence.ORACLE),
        ("gog/table3", None),
    ):
        options = Options(scale, evidence, num_draws=10)
        plan = make_plan([catalogue[table]], options, data)
        outcomes = run_plan(plan, data, store, command="mmsia x", execute=_execute)
        states += table_states(plan, outcomes, options, data, "mmsia x")
    return states
