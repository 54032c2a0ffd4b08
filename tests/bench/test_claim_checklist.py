"""Each question of the checklist, answered by runs that pass and runs that do not."""

from __future__ import annotations

from pathlib import Path

import pytest

from mmsia.bench.claim_checklist import Trainings, checklist
from mmsia.bench.recipe import load_catalogue
from mmsia.bench.scales import PaperScales, load_scales
from mmsia.bench.store import Store, StoredRun
from mmsia.bench.terms import Evidence, Scale

FLAT = [10.0, 5.0, 3.0, 2.0, 1.5, 1.2, 1.1, 1.05, 1.0, 1.0]
SCALES = PaperScales(
    scales={
        Scale.MINI: {
            "simulated": "people",
            "preset": "mini",
            "train_images": 9,
            "val_images": 5,
            "overlay": {},
            "overfit": {
                "images": 2,
                "metric": "ap",
                "metrics": {"*masks*": "segm_ap"},
                "score": 80.0,
            },
        }
    }
)


class _Lab:
    """A store with two rows, each trained once and checked once."""

    def __init__(self, folder: Path) -> None:
        self.store = Store(folder / "runs")
        self.rows: dict[str, list[StoredRun]] = {}

    def add(
        self,
        row: str,
        losses=tuple(FLAT),
        steps: int = 100,
        config: str | None = None,
        overfit: float | None = 97.0,
        score: str = "ap",
    ) -> None:
        weights = f"weights-of-{row}"
        about = self._about(config or row)
        curve = [{"step": 10 * i, "loss": loss} for i, loss in enumerate(losses)]
        trained = {
            **self._scores({}),
            "counts": {"num_steps": steps},
            "curves": curve,
            "weights": {"file": "weights.pth", "digest": weights},
        }
        self.store.save(f"train-{row}", trained, about, [])
        tested = {**about, "weights": weights}
        run = self.store.save(f"test-{row}", self._scores({"ap": 60.0}), tested, [])
        self.rows[row] = [run]
        if overfit is not None:
            overlay = {"val_split": "overfit"}
            checked = {**about, "settings": {**about["settings"], "overlay": overlay}}
            self.store.save(f"check-{row}", self._scores({score: overfit}), checked, [])

    def failed(self) -> list[str]:
        checks = checklist(self.rows, Trainings(self.store), SCALES)
        return [check.text for check in checks if not check.passed]

    @staticmethod
    def _about(config: str) -> dict:
        return {
            "config": config,
            "scale": "mini",
            "data": {"digest": "d"},
            "settings": {"config_digest": config, "overlay": {"num_steps": 9}},
        }

    @staticmethod
    def _scores(scores: dict) -> dict:
        return {"scores": scores, "intervals": {}, "counts": {}, "curves": []}


@pytest.fixture
def lab(tmp_path: Path) -> _Lab:
    made = _Lab(tmp_path)
    made.add("ours")
    return made


def test_rows_that_were_trained_well_pass(lab: _Lab) -> None:
    lab.add("theirs")
    assert lab.failed() == []
    checks = checklist(lab.rows, Trainings(lab.store), SCALES)
    assert [check.passed for check in checks] == [True] * 4


@pytest.mark.parametrize(
    ("other", "words"),
    [
        (
            {"losses": [10.0 - i for i in range(10)]},
            "the loss still falls (theirs by 50",
        ),
        ({"losses": [1.0]}, "the loss still falls"),
        ({"steps": 50}, "not trained alike (steps: [50, 100])"),
        ({"config": "ours"}, "one config stands behind ours and theirs"),
        ({"overfit": 42.0}, "not at least 80 on images learnt by heart: theirs 42.0"),
        ({"overfit": None}, "the overfit check of theirs was not made"),
    ],
)
def test_what_forbids_a_verdict_is_named(lab: _Lab, other: dict, words: str) -> None:
    lab.add("theirs", **other)
    assert words in "; ".join(lab.failed())


@pytest.mark.parametrize(("least", "words"), [(90.0, ""), (42.0, "theirs 42.0")])
def test_of_several_settings_the_least_must_be_learnt(lab, least, words) -> None:
    lab.add("theirs", overfit=None)
    about = lab.store.load("test-theirs").provenance
    overlay = {"val_split": "overfit"}
    checked = {**about, "settings": {**about["settings"], "overlay": overlay}}
    scores = {"ap@a": 95.0, "ap@b": least, "ap50@a": 1.0}
    lab.store.save("check-theirs", lab._scores(scores), checked, [])
    assert words in "; ".join(lab.failed()) and bool(words) == bool(lab.failed())


@pytest.mark.parametrize(
    ("score", "value", "words"),
    [
        ("segm_ap", 97.0, ""),
        ("segm_ap", 42.0, "masks 42.0"),
        ("ap", 97.0, "the overfit check of masks was not made"),
    ],
)
def test_each_row_is_looked_at_by_its_own_score(lab, score, value, words) -> None:
    lab.add("masks", config="masks_512.py", overfit=value, score=score)
    assert words in "; ".join(lab.failed()) and bool(words) == bool(lab.failed())


def test_every_row_of_cganet_gives_the_score_that_its_check_looks_at() -> None:
    entries = [e for e in load_catalogue().values() if e.paper.paper.key == "cganet"]
    looked_at = set()
    for recipe in (entry.recipe for entry in entries):
        given = {score.partition("@")[0] for score in recipe.columns.values()}
        for row in recipe.rows.values():
            if row.config and row.reason is None and Evidence.TRAINING in row.evidence:
                metric = (
                    load_scales("cganet")
                    .scales[Scale.MINI]
                    .overfit.metric_of(row.config)
                )
                assert metric in given, row.config
                looked_at.add(metric)
    assert looked_at == {"ap", "segm_ap"}


def test_trainings_that_are_elsewhere_forbid_a_verdict(lab: _Lab) -> None:
    lost = lab.rows["ours"][0]
    lab.rows["theirs"] = [
        StoredRun("x", lost.result, {**lost.provenance, "weights": "given"})
    ]
    assert lab.failed() == ["the trainings of theirs are not here"]


def test_a_paper_without_the_overfit_check_gets_no_verdict(lab: _Lab) -> None:
    lab.add("theirs")
    checks = checklist(lab.rows, Trainings(lab.store), PaperScales())
    assert "no overfit check is declared" in checks[-1].text
    assert not checks[-1].passed
