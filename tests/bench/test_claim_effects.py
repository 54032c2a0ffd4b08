"""Effects pair the same images; verdicts come with what could have been seen."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from mmsia.bench.claim_effects import (
    band_of,
    comparisons,
    paired_effect_draws,
    printed_effect,
)
from mmsia.bench.claim_results import claim_results
from mmsia.bench.claims import Difference, EachBeats, Measured, Order
from mmsia.bench.session import load_session
from mmsia.bench.store import Store
from mmsia.cli.main import main
from mmsia.datasets.coco_keypoints import load_coco_keypoints
from mmsia.datasets.simulated.crowds import write_crowds
from mmsia.errors import InputError
from mmsia.evaluation.keypoint_matches import match_keypoints


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The three upper bounds on 90 crowds, at a scale that allows verdicts."""
    folder = tmp_path_factory.mktemp("work")
    path = write_crowds(folder / "crowds", 90, 3, with_images=False)
    words = ["reproduce", "gog/upper-bounds", "--scale", "mini", "--num-draws", "400"]
    assert main([*words, "--ann-file", str(path), "--work-dir", str(folder / "w")]) == 0
    return folder / "w"


def _results(work: Path, catalogue: dict) -> dict:
    states = load_session(work)
    found = claim_results(work, catalogue, states, Store(work / "runs"))
    return {result.id: result for result in found}


def test_upper_bounds_decide_their_claims(work: Path, catalogue) -> None:
    results = _results(work, catalogue)
    assert len(results) == 16
    limbs = results["gog/more-limbs-raise-the-bound"]
    assert limbs.verdict == "holds"
    assert limbs.published_supports is True
    assert 0 < limbs.ci_low < limbs.effect < limbs.ci_high
    assert limbs.smallest_detectable_effect > 0
    assert "smallest detectable effect" in limbs.reason
    bicubic = results["gog/bicubic-beats-bilinear"]
    assert bicubic.verdict == "not-run"
    assert "mmsia reproduce gog/table2 --evidence oracle" in bicubic.reason
    assert results["gog/beats-centernet"].reason == "needs trained networks"


def _away(work: Path) -> Iterator[Path]:
    """The annotations of a work folder, moved away for a while."""
    path = Path(load_session(work)[0].data["path"])
    moved = path.rename(path.with_suffix(".away"))
    yield path
    moved.rename(path)


def test_effects_are_kept_and_used_again(work: Path, catalogue) -> None:
    before = _results(work, catalogue)
    with contextmanager(_away)(work):
        assert _results(work, catalogue) == before


@pytest.mark.parametrize("damage", ["-1.5", "{", "nothing"])
def test_kept_effects_that_were_altered_are_computed_again(
    work: Path, catalogue, damage: str
) -> None:
    before = _results(work, catalogue)
    path = work / "claims.json"
    if damage == "-1.5":
        record = json.loads(path.read_text())
        for kept in record["effects"].values():
            kept["value"] = -1.5
        path.write_text(json.dumps(record))
    else:
        path.write_text(damage)
    assert _results(work, catalogue) == before


def test_annotations_that_are_gone_are_a_reason(work: Path, catalogue) -> None:
    (work / "claims.json").unlink()
    with contextmanager(_away)(work) as path:
        result = _results(work, catalogue)["gog/more-limbs-raise-the-bound"]
    assert result.verdict == "not-run"
    assert str(path) in result.reason


def test_the_effect_is_the_difference_of_the_cells(work: Path, catalogue) -> None:
    cells = json.loads((work / "report" / "results.json").read_text())["cells"]
    values = {cell["row"]: cell["value"] for cell in cells}
    result = _results(work, catalogue)["gog/more-limbs-raise-the-bound"]
    assert result.effect == pytest.approx(values["44-limbs"] - values["default"])


@pytest.fixture(scope="module")
def matches(tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("crowds")
    truth = load_coco_keypoints(write_crowds(folder, 8, 1, with_images=False))
    people = [a for a in truth.dataset["annotations"] if a["num_keypoints"]]
    found = [
        {
            "image_id": a["image_id"],
            "category_id": 1,
            "keypoints": [float(x) for x in a["keypoints"]],
            "score": 1.0,
        }
        for a in people
    ]
    ids = [record.image_id for record in truth.annotated()]
    return [
        match_keypoints(truth, results, images)
        for results, images in ((found, ids), (found[::2], ids), (found, ids[:-1]))
    ]


def test_the_same_images_are_drawn_for_both(matches) -> None:
    full, half, other = matches
    draws = paired_effect_draws(full, half, num_draws=50, seed=0)
    assert (draws > 0).all()
    assert np.array_equal(draws, -paired_effect_draws(half, full, num_draws=50, seed=0))
    assert not paired_effect_draws(full, full, num_draws=50, seed=0).any()
    with pytest.raises(InputError, match="the same images"):
        paired_effect_draws(full, other, num_draws=5, seed=0)


def test_tests_become_differences(catalogue) -> None:
    table = catalogue["dir/interhand"].table
    order = Order(
        kind="order",
        table=table.id,
        rows=("dir-2023", "dir", "intaghand"),
        columns=("mpjpe",),
    )
    found = comparisons(order, table)
    assert [(c.first, c.second, c.sign) for c in found] == [
        ("dir-2023", "dir", -1),
        ("dir", "intaghand", -1),
    ]
    # 10.228 - 10.176 in favour of the first, 8.799 - 10.228 against it.
    assert printed_effect(found, table) == pytest.approx(-1.429)
    assert band_of(order, table).low == 0
    every = EachBeats(
        kind="each_beats", table=table.id, rows=("dir",), than="x", columns=("miaa",)
    )
    assert len(comparisons(every, table)) == 1
    measured = Measured(kind="measured", measure="time", direction="above")
    assert comparisons(measured, table) == []


def test_a_stated_difference_becomes_a_band(catalogue) -> None:
    table = catalogue["gog/table2"].table
    about = Difference(
        kind="difference_about",
        table=table.id,
        first="ours-bilinear",
        second="ours",
        columns=("ap",),
        value=-2.1,
    )
    band = band_of(about, table)
    assert (band.low, band.high) == pytest.approx((-2.6, -1.6))
    least = about.model_copy(update={"kind": "difference_at_least"})
    assert band_of(least, table).high == float("inf")
