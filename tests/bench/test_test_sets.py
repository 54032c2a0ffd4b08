"""What is said about a data set that scores are computed on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mmsia.bench.scales import PaperScales, ScaleRecipe, load_scales
from mmsia.bench.terms import Scale
from mmsia.bench.test_sets import TestSet, open_test_set
from mmsia.bench.training_data import TrainingData
from mmsia.datasets.hand_splits import main as split_hands
from mmsia.datasets.manifest import write_manifest
from mmsia.datasets.simulated.hands import write_hands
from mmsia.datasets.simulated.people import write_people
from mmsia.datasets.simulated.twohands import write_twohands
from mmsia.errors import ConfigError, DataError

ROW = "configs/siagcn/siagcn_shg_panoptic_baseline.py"
FINE_TUNED = "configs/siagcn/siagcn_shg_mpii-nzsl_baseline.py"


@pytest.fixture
def hands(tmp_path: Path) -> Path:
    """A data root with forty hands that stand for Panoptic's, and their split."""
    folder = tmp_path / "panoptic"
    write_hands(folder, 40, 3, split="train")
    # Without what tells that they were made.
    for name in ("manifest.json", "simulated_train.json"):
        (folder / name).unlink()
    annotations = folder / "annotations" / "panoptic_train.json"
    stored = json.loads(annotations.read_text())
    annotations.write_text(json.dumps({**stored, "info": {}}))
    split_hands([str(annotations), "--out", str(folder / "splits")])
    return tmp_path


def test_the_papers_data_is_what_the_config_names(hands: Path) -> None:
    opened = TrainingData(Scale.PAPER, hands, hands).open(load_scales("siagcn"), ROW)
    data = opened.test
    assert opened.overfit is None
    assert data.name == "CMU Panoptic hands" and data.subjects == "hands"
    # 70, 15 and 15 percent
    assert (data.num_images, data.num_used, data.num_subjects) == (40, 6, 6)
    assert 1 < data.num_groups <= 6, "sequences of four frames"
    assert data.folder == (hands / "panoptic").resolve()
    assert not data.simulated and not data.complete


@pytest.mark.parametrize("told_by", ["mark", "manifest", "annotations"])
def test_made_data_is_told_by_any_of_its_signs(hands: Path, told_by: str) -> None:
    folder = hands / "panoptic"
    if told_by == "mark":
        (folder / "simulated_train.json").write_text("{}")
    elif told_by == "manifest":
        write_manifest(folder, folder.glob("*/*.json"), simulated=True)
    else:
        path = folder / "annotations" / "panoptic_train.json"
        info = {"description": "mmsia simulated hands", "version": "1"}
        path.write_text(json.dumps({**json.loads(path.read_text()), "info": info}))
        split_hands([str(path), "--out", str(folder / "splits")])
    opened = TrainingData(Scale.PAPER, hands, hands).open(load_scales("siagcn"), ROW)
    assert opened.test.simulated and not opened.test.complete
    assert opened.test.name == "simulated data in the place of CMU Panoptic hands"


def test_another_split_is_other_data(hands: Path) -> None:
    folder = hands / "panoptic"
    tested = TestSet(
        "HandCropDataset",
        "annotations/panoptic_train.json",
        "splits/random.json",
        ("test",),
    )
    first = open_test_set(tested, folder, trained_on=[], name="n")
    (folder / "splits" / "random.json").write_bytes(
        (folder / "splits" / "sequence.json").read_bytes()
    )
    other = open_test_set(tested, folder, trained_on=[], name="n")
    assert first.annotations_digest == other.annotations_digest
    assert first.digest != other.digest


def test_missing_parts_of_a_data_root_are_named(hands: Path) -> None:
    scales = load_scales("siagcn")
    (hands / "panoptic" / "splits" / "random.json").unlink()
    with pytest.raises(DataError, match=r"splits/random\.json"):
        TrainingData(Scale.PAPER, hands, hands).open(scales, ROW)
    with pytest.raises(DataError, match="D/mpii_nzsl"):
        TrainingData(Scale.PAPER, hands).open(scales, FINE_TUNED)


def test_boxes_of_a_detector_are_part_of_the_data(tmp_path: Path) -> None:
    """Of people who are cut out: without them nothing runs, with others it is anew."""
    folder = tmp_path / "coco"
    for split in ("train2017", "val2017"):
        write_people(folder, 6, 2, preset="smoke", split=split)
    (folder / "manifest.json").unlink()
    row, scales = "configs/cganet/separated_256x192_d3w64.py", load_scales("cganet")

    def digest() -> str:
        opened = TrainingData(Scale.PAPER, tmp_path, tmp_path).open(scales, row)
        return opened.test.digest

    name = "COCO_val2017_detections_AP_H_56_person.json"
    with pytest.raises(DataError, match=name):
        digest()
    boxes = folder / "person_detection_results" / name
    boxes.parent.mkdir()
    boxes.write_text("[]")
    first = digest()
    boxes.write_text("[{}]")
    assert digest() != first


def test_nothing_annotated_is_refused(hands: Path) -> None:
    path = hands / "panoptic" / "annotations" / "panoptic_train.json"
    stored = json.loads(path.read_text())
    for hand in stored["annotations"]:
        hand["keypoints"][2::3] = [0] * 21
    path.write_text(json.dumps(stored))
    tested = TestSet("HandCropDataset", "annotations/panoptic_train.json")
    with pytest.raises(DataError, match="annotated keypoints on at least one"):
        open_test_set(tested, hands / "panoptic", trained_on=[], name="n")


def test_unknown_data_sets_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="HandCropDataset"):
        open_test_set(TestSet("Guess", "a.json"), tmp_path, trained_on=[], name="n")


def test_configs_of_one_scale_may_have_other_networks_and_data(tmp_path: Path) -> None:
    here = {"simulated": "hands", "preset": "smoke", "val_images": 4}
    scales = PaperScales(
        scales={
            Scale.SMOKE: ScaleRecipe(
                **here,
                train_images=8,
                overlay={"num_steps": 3, "batch_size": 2},
                overlays={"*_shg_*": {"input_size": 64}, "*mpii*": {"num_steps": 1}},
                other_data={"*mpii-nzsl*": {**here, "train_images": 4}},
            )
        }
    )
    own = {"train_split": "train", "val_split": "val", "batch_size": 2}
    assert scales.overlay(Scale.SMOKE, ROW) == {
        **own,
        "num_steps": 3,
        "input_size": 64,
    }
    assert scales.overlay(Scale.SMOKE, FINE_TUNED)["num_steps"] == 1
    assert scales.overlay(Scale.PAPER, ROW) == {}
    opener = TrainingData(Scale.SMOKE, tmp_path)
    first, other = opener.open(scales, ROW), opener.open(scales, FINE_TUNED)
    assert opener.open(scales, "configs/siagcn/any.py") is first
    assert first.test.digest != other.test.digest
    assert first.test.name == "simulated hands (smoke, version 1)"


def test_a_data_root_of_hands_needs_no_coco(hands: Path, capsys) -> None:
    """SIA-GCN's tables plan from D/panoptic alone, GOG's ceilings want D/coco."""
    from mmsia.cli.main import main

    common = ["--data-root", str(hands), "--work-dir", str(hands / "work")]
    given = ["--scale", "paper", "--executor", "slurm", *common]
    assert main(["plan", "siagcn/table1", *given]) == 0
    assert "13 runs" in capsys.readouterr().out
    assert main(["plan", "gog/upper-bounds", *given]) != 0
    assert "person_keypoints_val2017.json" in capsys.readouterr().err


def test_images_that_weights_are_selected_on_are_part_of_the_data(tmp_path) -> None:
    folder = tmp_path / "interhand26m"
    for split in ("train", "val", "test"):
        write_twohands(folder, 3, 2, split=split)
    (folder / "manifest.json").unlink()
    row, scales = "configs/dir/dir_interhand_256.py", load_scales("dir")

    def digest() -> str:
        opened = TrainingData(Scale.PAPER, tmp_path, tmp_path).open(scales, row)
        assert opened.test.path.name == "test.json"
        return opened.test.digest

    first = digest()
    index = folder / "prepared" / "val.json"
    index.write_text(index.read_text() + " ")
    assert digest() != first
    index.unlink()
    with pytest.raises(DataError, match=r"prepared/val\.json"):
        digest()
