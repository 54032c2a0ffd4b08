"""MMPose's visualizer of two hands: predictions, truth, and MMPose's own hook."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.runner import Runner
from mmengine.structures import InstanceData
from mmpose.registry import VISUALIZERS
from mmpose.structures import PoseDataSample

import mmsia.all  # noqa: F401, registers the visualizer
from mmsia.datasets.simulated.twohands import write_twohands
from mmsia.engine.overlay_network import drop_downloads
from mmsia.errors import InputError
from mmsia.models.layers.hand_decoder import HandDecoder
from mmsia.paths import project_root

SIZE = 96
APART = torch.tensor([0.5, 0.1, 0.3])
CAMERA = np.array([[300.0, 0, 48], [0, 300, 48], [0, 0, 1]])


@pytest.fixture
def visualizer(tmp_path):
    return VISUALIZERS.build(dict(type="HandMeshVisualizer", name=tmp_path.name))


def predicted():
    """A sample as DIR's `predict` leaves it."""
    numbers = torch.zeros(1, 2, 64)
    numbers[..., 0] = numbers[..., 4] = 1
    numbers[0, 0, 61:] = torch.tensor([3.0, -0.4, 0.0])
    numbers[0, 1, 61:] = torch.tensor([3.0, 0.4, 0.1])
    found = HandDecoder()(numbers, APART[None])
    roots = torch.stack([torch.zeros(3), 0.15 * APART])
    sample = PoseDataSample(metainfo=dict(id=5, camera=CAMERA))
    sample.pred_instances = InstanceData(
        vertices=found.hands.vertices[0] + roots[:, None],
        roots=roots,
        camera=found.camera[0],
        keypoints=(found.hands.keypoints[0] + 1) * (SIZE / 2),
        contour=(found.hands.contour[0] + 1) * (SIZE / 2),
    )
    sample.gt_instances = InstanceData(
        vertices=sample.pred_instances.vertices + torch.tensor([-0.04, 0, 1.0])
    )
    return sample


def image(width=SIZE):
    return np.full((SIZE, width, 3), 120, np.uint8)


def box(drawn):
    """xyxy of the pixels that are not the image's."""
    rows, columns = np.nonzero((drawn != 120).any(axis=-1))
    return np.array([columns.min(), rows.min(), columns.max(), rows.max()])


def around(points):
    return np.concatenate([points.min(axis=0), points.max(axis=0)])


def test_predictions_lie_where_each_hands_camera_sees_them(visualizer):
    sample = predicted()
    drawn = visualizer.add_datasample("hands", image(), sample, draw_gt=False)
    assert drawn.shape == (SIZE, 2 * SIZE, 3)
    seen = sample.pred_instances.contour.numpy().reshape(-1, 2)
    np.testing.assert_allclose(box(drawn[:, :SIZE]), around(seen), atol=1)
    assert set(sample.pred_instances.keys()) == {
        *("vertices", "roots", "camera", "keypoints", "contour")
    }


def test_the_truth_is_on_the_left_by_the_crops_camera(visualizer):
    sample = predicted()
    drawn = visualizer.add_datasample("hands", image(), sample)
    assert drawn.shape == (SIZE, 4 * SIZE, 3)
    points = sample.gt_instances.vertices.numpy().reshape(-1, 3)
    seen = points @ CAMERA.T
    seen = seen[:, :2] / seen[:, 2:]
    np.testing.assert_allclose(box(drawn[:, :SIZE]), around(seen), atol=1)
    # the same hands, seen from the side
    side, other = drawn[:, SIZE : 2 * SIZE], drawn[:, 3 * SIZE :]
    np.testing.assert_allclose(side.astype(int), other, atol=1)


def test_without_hands_the_image_stays(visualizer):
    for sample in (PoseDataSample(), PoseDataSample(pred_instances=InstanceData())):
        drawn = visualizer.add_datasample("none", image(), sample, draw_gt=False)
        np.testing.assert_array_equal(drawn, image())


def test_bad_input(visualizer):
    with pytest.raises(InputError, match=r"image 5.*square image.*120 x 96"):
        visualizer.add_datasample("wide", image(120), predicted(), draw_gt=False)
    sample = predicted()
    del sample.pred_instances.camera
    with pytest.raises(InputError, match=r"image 5.*no camera"):
        visualizer.add_datasample("blind", image(), sample, draw_gt=False)
    sample = predicted()
    sample.pred_instances.vertices[0, 3] = torch.nan
    with pytest.raises(InputError, match="NaN"):
        visualizer.add_datasample("odd", image(), sample, draw_gt=False)
    sample = predicted()
    sample.gt_instances.vertices[..., 2] -= 2
    with pytest.raises(InputError, match=r"image 5.*behind"):
        visualizer.add_datasample("behind", image(), sample, draw_pred=False)
    sample = predicted()
    sample.set_metainfo(dict(camera=CAMERA[:2]))
    with pytest.raises(InputError, match=r"image 5.*\(2, 3\)"):
        visualizer.add_datasample("flat", image(), sample, draw_pred=False)


def test_mmposes_hook_draws_the_test_images(tmp_path):
    folder = tmp_path / "hands"
    write_twohands(folder, 2, 1, preset="smoke", split="test")
    config = Config.fromfile(
        project_root() / "configs" / "dir" / "dir_interhand_256.py"
    )
    drop_downloads(config)
    config.model.backbone.update(depth=18, stem_channels=8, base_channels=8)
    config.model.head.update(
        in_channels=(16, 32, 64), channels=8, joint_channels=8, features=4
    )
    loader = config.test_dataloader
    loader.update(batch_size=2, num_workers=0, persistent_workers=False)
    loader.dataset.data_root = str(folder)
    for split in ("train", "val"):
        for key in (f"{split}_dataloader", f"{split}_cfg"):
            config.pop(key)
    for key in ("val_evaluator", "optim_wrapper", "param_scheduler"):
        config.pop(key)
    config.auto_scale_lr = None
    config.visualizer = dict(type="HandMeshVisualizer", name=tmp_path.name)
    config.default_hooks.checkpoint = None
    config.default_hooks.visualization = dict(
        type="PoseVisualizationHook", enable=True, out_dir="pictures"
    )
    config.work_dir, config.experiment_name = str(tmp_path / "work"), tmp_path.name
    Runner.from_cfg(config).test()
    pictures = sorted((tmp_path / "work").glob("**/pictures/**/*.jpg"))
    assert len(pictures) == 2
    for path in pictures:
        assert cv2.imread(str(path)).shape == (64, 128, 3)
