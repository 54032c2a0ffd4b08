"""Oracle runs from annotations to scores, on crowds and on real people."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from mmsia.bench.data import DataSource, open_data
from mmsia.bench.laboratory_run import measure_laboratory
from mmsia.bench.measurement import Request
from mmsia.bench.plan import Options, make_plan
from mmsia.bench.references import load_references
from mmsia.bench.settings import oracle_settings
from mmsia.bench.terms import Scale
from mmsia.bench.upper_bound import measure_upper_bound
from mmsia.datasets.simulated.crowds import write_crowds
from mmsia.errors import DataError
from mmsia.evaluation.keypoint_ap import evaluate_keypoints

CONFIG = "configs/gog/upper-bounds_default.py"
KINDS = ("gain", "blur", "noise")


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> DataSource:
    folder = tmp_path_factory.mktemp("few")
    path = write_crowds(folder, 8, seed=5, with_images=False)
    return open_data(Scale.PAPER, folder, ann_file=path)


def _request(data: DataSource, config: str = CONFIG, **changes) -> Request:
    given = Request(
        settings=oracle_settings(config),
        data=data,
        seed=0,
        num_draws=50,
        num_workers=1,
        on_progress=lambda done, total: None,
    )
    return replace(given, **changes)


def test_scores_are_those_of_the_stored_predictions(few: DataSource) -> None:
    heard = []
    request = _request(few, on_progress=lambda *steps: heard.append(steps))
    found = measure_upper_bound(request)
    again = evaluate_keypoints(few.truth, found.predictions, few.image_ids)
    assert found.scores == again.as_dict()
    low, high = found.intervals["ap"]
    assert low <= found.scores["ap"] <= high
    assert found.counts["num_poses"] == len(found.predictions)
    assert heard == [(i + 1, len(few.records)) for i in range(len(few.records))]


def test_the_laboratory_starts_from_the_upper_bound(few: DataSource) -> None:
    heard = []
    request = _request(few, on_progress=lambda *steps: heard.append(steps))
    found = measure_laboratory(request)
    assert found.scores == measure_upper_bound(_request(few)).scores
    clean = [p["ap"] for p in found.curves if p["level"] == 0]
    assert clean == [found.scores["ap"]] * 3
    worst = [max(p["level"] for p in found.curves if p["kind"] == k) for k in KINDS]
    for kind, level in zip(KINDS, worst, strict=True):
        point = next(
            p for p in found.curves if (p["kind"], p["level"]) == (kind, level)
        )
        assert point["ap"] < found.scores["ap"]
    assert heard[-1][0] == heard[-1][1] == len(heard)


@pytest.mark.parametrize("row", ["default", "44-limbs"])
def test_real_people_score_as_with_the_authors_code(
    samples: Path, tmp_path: Path, catalogue, row: str
) -> None:
    path = samples / "coco_val_part" / "person_keypoints_val2017_part.json"
    data = open_data(Scale.PAPER, tmp_path, ann_file=path)
    options = Options(Scale.PAPER, num_draws=50)
    plan = make_plan([catalogue["gog/upper-bounds"]], options, data)
    spec = next(planned.runs[0] for planned in plan.rows if planned.row == row)
    found = measure_upper_bound(_request(data, spec.config))
    reference = load_references()["gog/upper-bounds", row, data.truth.digest]
    assert found.scores["ap"] == pytest.approx(reference.values["ap"], abs=0.3)
    poses = reference.values["num_poses"]
    assert found.counts["num_poses"] == pytest.approx(poses, rel=0.01)


@pytest.mark.parametrize(
    ("old", "new"),
    [("ap: 84.59", "ap: '84.59'"), ("about:", "abuot:"), ("e57e01", "E57E01")],
)
def test_slips_in_reference_measurements_are_named(
    tmp_path: Path, old: str, new: str
) -> None:
    from mmsia.paths import project_root

    source = project_root() / "reproduce" / "references" / "gog.yaml"
    path = tmp_path / "gog.yaml"
    path.write_text(source.read_text().replace(old, new, 1))
    assert path.read_text() != source.read_text()
    with pytest.raises(DataError, match=r"reference measurements in .*gog\.yaml"):
        load_references(tmp_path)
