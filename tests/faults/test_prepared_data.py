"""P4: missing or altered data is named before the first step, and partial data marked.

Prepared from simulated people in COCO's format, which are no whole COCO: every verb
wants --allow-partial for them.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from mmsia.bench.scales import load_scales
from mmsia.bench.terms import Scale, Verdict
from mmsia.bench.training_data import TrainingData
from mmsia.cli.main import COULD_NOT_RUN, OK, main
from mmsia.errors import DataError
from mmsia.files import read_json
from mmsia.paths import project_root
from tests.datasets.preparing import releases

TINY = str(project_root() / "configs" / "gog" / "gog_tiny.py")
ROW = "configs/cganet/separated_256x192_d3w64.py"


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data root, not to be changed."""
    root = tmp_path_factory.mktemp("prepared")
    source = releases.coco(root / "made")
    words = ["prepare", "coco", "--src", str(source), "--dst", str(root / "data")]
    assert main([*words, "--allow-partial"]) == OK
    return root / "data"


@pytest.fixture
def data(prepared: Path, tmp_path: Path) -> Path:
    """A data root to damage."""
    return Path(shutil.copytree(prepared, tmp_path / "data"))


@pytest.fixture
def whole(data: Path) -> Path:
    """One whose manifest takes it for all of COCO."""
    path = data / "coco" / "manifest.json"
    path.write_text(json.dumps({**read_json(path), "partial": {}}))
    return data


def delete_image(root: Path) -> str:
    path = sorted((root / "coco" / "train2017").glob("*.jpg"))[1]
    path.unlink()
    return path.name


def truncate_image(root: Path) -> str:
    path = sorted((root / "coco" / "val2017").glob("*.jpg"))[2]
    path.write_bytes(path.read_bytes()[:-100])
    return path.name


def edit_annotation(root: Path) -> str:
    path = root / "coco" / "annotations" / "person_keypoints_val2017.json"
    stored = read_json(path)
    keypoints = stored["annotations"][0]["keypoints"]
    keypoints[0] = keypoints[0] + 1
    path.write_text(json.dumps(stored))
    return path.name


FAULTS = [delete_image, truncate_image, edit_annotation]


@pytest.mark.parametrize("damage", FAULTS)
def test_training_names_it_before_the_first_step(
    whole: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    damage: Callable[[Path], str],
) -> None:
    name = damage(whole)
    work = tmp_path / "work"
    words = ["train", TINY, "--data-root", str(whole), "--work-dir", str(work)]
    assert main([*words, "--launcher", "none"]) == COULD_NOT_RUN
    assert name in capsys.readouterr().err
    assert not work.exists()


@pytest.mark.parametrize("damage", FAULTS[1:])
def test_testing_names_it_before_the_weights_are_read(
    whole: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    damage: Callable[[Path], str],
) -> None:
    name = damage(whole)
    words = ["test", TINY, str(tmp_path / "none.pth"), "--data-root", str(whole)]
    assert main(words) == COULD_NOT_RUN
    said = capsys.readouterr().err
    assert name in said and "none.pth" not in said


def test_a_part_needs_to_be_allowed(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["test", TINY, str(tmp_path / "none.pth"), "--data-root", str(data)]
    assert main(words) == COULD_NOT_RUN
    assert "4 images, not 5000" in capsys.readouterr().err
    assert main([*words, "--allow-partial"]) == COULD_NOT_RUN
    assert "none.pth" in capsys.readouterr().err, "that far, then"


@pytest.mark.parametrize("damage", FAULTS)
def test_reproducing_names_it(data: Path, damage: Callable[[Path], str]) -> None:
    scales = load_scales("cganet")
    allowed = TrainingData(Scale.PAPER, data, data, allow_partial=True)
    source = allowed.open(scales, ROW).test
    assert source.num_images == 4 and not source.complete
    name = damage(data)
    for allow in (False, True):
        opener = TrainingData(Scale.PAPER, data, data, allow_partial=allow)
        with pytest.raises(DataError, match=name):
            opener.open(scales, ROW)


def test_an_oracle_names_it_and_marks_its_numbers(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    work = tmp_path / "work"
    words = ["reproduce", "gog/upper-bounds", "--data-root", str(data)]
    words += ["--scale", "paper", "--work-dir", str(work), "--num-draws", "20"]
    assert main(words) == COULD_NOT_RUN
    assert "4 images, not 5000" in capsys.readouterr().err
    # what the oracle does not read does not stop it
    delete_image(data)
    assert main([*words, "--allow-partial"]) == OK
    cells = read_json(work / "report" / "results.json")["cells"]
    computed = [cell for cell in cells if cell["value"] is not None]
    assert computed and {c["verdict"] for c in computed} == {Verdict.PARTIAL}
    assert all("4 images, not 5000" in cell["reason"] for cell in computed)
    name = edit_annotation(data)
    assert main([*words, "--allow-partial"]) == COULD_NOT_RUN
    assert f"altered: annotations/{name}" in capsys.readouterr().err
