"""GOG's benchmark runs, and refuses to time decoders that disagree."""

import numpy as np
import pytest

from mmsia.bench.speed import gog
from mmsia.bench.speed.scenes import annotated_scenes, simulated_scenes
from mmsia.datasets.coco_keypoints import ImageRecord
from mmsia.errors import DataError


@pytest.mark.parametrize("number", [1, 7])
def test_scenes_have_exactly_that_many_people(number):
    scenes = simulated_scenes(number, 3, 320)
    assert len(scenes) == 3
    for scene in scenes:
        assert scene.keypoints.shape == (number, 17, 2)
        assert scene.visible.any(1).all()
        inside = scene.keypoints[scene.visible > 0]
        assert (inside >= 0).all() and (inside < 320).all()
    again = simulated_scenes(number, 1, 320)
    np.testing.assert_array_equal(again[0].keypoints, scenes[0].keypoints)


def test_annotated_scenes_are_letterboxed():
    record = ImageRecord(
        image_id=1, file_name="a", width=200, height=100,
        keypoints=np.full((1, 17, 3), 99.0), boxes=np.array([[0.0, 0.0, 199.0, 99.0]]),
        areas=np.array([9.0]), annotation_ids=np.array([1]),
    )  # fmt: skip
    (scene,) = annotated_scenes([record], 5, 400)
    np.testing.assert_allclose(scene.boxes, [[0, 100, 399, 299]])


@pytest.mark.parametrize("maps", gog.MAPS)
def test_every_task_is_timed_for_every_peer(maps):
    measured = gog.benchmark_gog(
        simulated_scenes(2, 2, 128), "2 people", maps, size=128, rounds=2
    )
    tasks = [entry.task for entry in measured]
    expected = ["decode", "limbs", "grouping"]
    assert tasks == (["targets", *expected] if maps == "encoded" else expected)
    decode = next(entry for entry in measured if entry.task == "decode")
    names = {timing.name for timing in decode.timings}
    assert names == {gog.OURS, gog.OURS_44, gog.PLAIN, gog.AE, gog.AE_CELLS}


def test_decoders_that_disagree_are_not_timed(monkeypatch):
    def blind(heatmaps, *options):
        return gog_peaks(heatmaps * 0, *options)

    gog_peaks = gog.find_peaks_by_full_upsampling
    monkeypatch.setattr(gog, "find_peaks_by_full_upsampling", blind)
    with pytest.raises(DataError, match="find other poses"):
        gog.benchmark_gog(
            simulated_scenes(2, 1, 128), "2 people", "encoded", size=128, rounds=1
        )
