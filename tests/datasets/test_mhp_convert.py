from __future__ import annotations

import numpy as np
import pytest

from mmsia.datasets.mhp_convert import convert_mhp
from mmsia.errors import DataError
from mmsia.files import read_json
from tests.datasets.hand_releases import labels, mhp


@pytest.mark.parametrize("beside", [True, False])
def test_joints_are_put_in_mmposes_order(tmp_path, beside):
    mhp(tmp_path, beside=beside)
    assert convert_mhp(tmp_path) == 16
    stored = read_json(tmp_path / "annotations" / "mhp.json")
    name = "annotated_frames/data_3/1_webcam_2.jpg"
    (image,) = [i for i in stored["images"] if i["file_name"] == name]
    assert image["sequence"] == "data_3"
    annotation = stored["annotations"][image["id"] - 1]
    assert annotation["image_id"] == image["id"]
    found = np.reshape(annotation["keypoints"], (21, 3))
    np.testing.assert_allclose(found[:, :2], labels(312), rtol=1e-12)
    assert (found[:, 2] == 1).all()


def test_what_is_missing_is_named(tmp_path):
    with pytest.raises(DataError, match=r"annotated_frames.*no such folder"):
        convert_mhp(tmp_path)
    mhp(tmp_path, recordings=1)
    path = tmp_path / "annotated_frames" / "data_1" / "1_jointsCam_2.txt"
    lines = path.read_text().splitlines()
    path.write_text("\n".join(lines[:-1]))
    with pytest.raises(DataError, match="none of the name PALM_POSITION"):
        convert_mhp(tmp_path)
    path.write_text("\n".join([*lines[:-1], "PALM_POSITION 3"]))
    with pytest.raises(DataError, match=r"labels of .*1_jointsCam_2\.txt"):
        convert_mhp(tmp_path)
    path.unlink()
    with pytest.raises(DataError, match=r"1_jointsCam_2\.txt.*script that projects"):
        convert_mhp(tmp_path)
    (path.with_name("1_webcam_x.jpg")).write_bytes(b"")
    path.with_name("1_webcam_2.jpg").unlink()
    with pytest.raises(DataError, match=r"1_webcam_x\.jpg.*<frame>_webcam_<number>"):
        convert_mhp(tmp_path)
