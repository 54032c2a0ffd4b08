"""P3: a damaged result is set aside, said in one line, and made again."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from mmsia.bench.measurement import Measurement
from mmsia.bench.plan import make_plan
from mmsia.bench.run import run_plan
from mmsia.bench.store import PREDICTIONS, PROVENANCE, RESULT, Store
from mmsia.bench.terms import Scale, Status


def _execute(spec, request) -> Measurement:
    poses = [{"image_id": 1, "score": 0.5}] * 20
    return Measurement({"ap": 80.0}, {"ap": (79.0, 81.0)}, {}, predictions=poses)


@pytest.fixture
def made(tmp_path: Path):
    """A store in which three runs are done."""
    from mmsia.bench.data import open_data
    from mmsia.bench.plan import Options
    from mmsia.bench.recipe import load_catalogue
    from mmsia.datasets.simulated.crowds import write_crowds

    path = write_crowds(tmp_path / "data", 2, 3, with_images=False)
    data = open_data(Scale.PAPER, tmp_path, ann_file=path)
    entry = load_catalogue()["gog/upper-bounds"]
    plan = make_plan([entry], Options(Scale.PAPER, num_draws=5), data)
    store = Store(tmp_path / "runs")

    def run():
        return run_plan(plan, data, store, command="c", execute=_execute)

    run()
    return store, plan, run


@pytest.mark.parametrize("name", [RESULT, PROVENANCE, PREDICTIONS])
@pytest.mark.parametrize("damage", ["0", "1", "half", "last", "flipped", "gone"])
def test_it_is_set_aside_and_made_again(
    made, name, damage, caplog: pytest.LogCaptureFixture
) -> None:
    store, plan, run = made
    key = plan.runs[1].key
    path = store.folder / key / name
    whole = path.read_bytes()
    # The last byte of a JSON file is its line end: the one before closes it.
    cut = {"0": 0, "1": 1, "half": len(whole) // 2, "last": len(whole) - 2}
    if damage == "gone":
        path.unlink()
    elif damage == "flipped":
        place = len(whole) // 2
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 4]) + whole[place + 1 :])
    else:
        path.write_bytes(whole[: cut[damage]])
    with caplog.at_level(logging.WARNING, "mmsia"):
        outcomes = run()
    if (name, damage) == (RESULT, "gone"):
        # Without a result a run does not count: nothing is damaged.
        assert caplog.records == []
    else:
        assert len(caplog.records) == 1
        assert "damaged result set aside as" in caplog.text
        assert list((store.folder / key).glob(f"{RESULT}.corrupt"))
    statuses = [outcome.status for outcome in outcomes.values()]
    assert statuses == [Status.CACHED, Status.DONE, Status.CACHED]
    caplog.clear()
    assert {o.status for o in run().values()} == {Status.CACHED}
    assert caplog.records == []
