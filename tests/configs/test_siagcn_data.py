from __future__ import annotations

import warnings

import cv2
import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.evaluator import Evaluator
from mmengine.registry import init_default_scope
from mmengine.runner import Runner
from mmpose.registry import DATASETS, METRICS

import mmsia.all  # noqa: F401, registers
from mmsia.datasets.hand_splits import PERCENTAGES, write_splits
from mmsia.datasets.mhp_convert import convert_mhp
from mmsia.datasets.mpii_nzsl_convert import convert_mpii_nzsl
from mmsia.datasets.panoptic_convert import convert_panoptic
from mmsia.datasets.simulated.hands import write_hands
from mmsia.ops.pck import decode_floor_cells
from mmsia.paths import project_root
from tests.datasets.hand_releases import mhp, mpii_nzsl, panoptic

BASE = project_root() / "configs" / "siagcn" / "_base_"
INPUTS = {"shg.py": (256, 64), "cpm.py": (368, 46)}
DATA = ["panoptic.py", "mpii_nzsl.py", "mhp.py"]
LOADERS = ("train_dataloader", "val_dataloader", "test_dataloader")


def row(tmp_path, *names):
    """A row as the docstrings of the base files have it."""
    bases = [str(BASE / name) for name in names]
    path = tmp_path / "row.py"
    path.write_text(
        f"_base_ = {bases}\n"
        "train_dataloader = dict(dataset=dict(pipeline=_base_.train_pipeline))\n"
        "val_dataloader = dict(dataset=dict(pipeline=_base_.test_pipeline))\n"
        "test_dataloader = dict(dataset=dict(pipeline=_base_.test_pipeline))\n"
    )
    return Config.fromfile(path)


def batches(config, loader, folder, batch_size, **options):
    init_default_scope("mmpose")
    loader = {**config[loader].to_dict(), "num_workers": 0, "batch_size": batch_size}
    loader["persistent_workers"] = False
    loader["dataset"].update(data_root=str(folder), **options)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return Runner.build_dataloader(loader, seed=0)


@pytest.fixture(scope="module")
def hands(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hands")
    write_hands(folder, 20, seed=9)
    write_splits(folder / "annotations" / "panoptic_train.json", folder / "splits")
    return folder


@pytest.mark.parametrize("data", DATA)
@pytest.mark.parametrize("inputs", INPUTS)
def test_every_pair_of_bases_joins(tmp_path, data, inputs):
    config = row(tmp_path, data, inputs)
    init_default_scope("mmpose")
    for loader in LOADERS:
        dataset = config[loader].dataset
        assert dataset.type == "HandCropDataset"
        assert dataset.data_root == f"data/{data[:-3]}/"
        kinds = [step.type for step in dataset.pipeline]
        assert kinds[:3] == ["LoadImage", "HandSquare", "TopdownAffine"]
        assert ("GenerateTarget" in kinds) is (loader == "train_dataloader")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            DATASETS.build({**dataset, "lazy_init": True})
    assert METRICS.build(config.val_evaluator).decoding == "floor-cell"


@pytest.mark.parametrize("name", [*DATA, *INPUTS])
def test_bases_inherit_nothing(name):
    assert "\n_base_ =" not in (BASE / name).read_text()


def test_parts_are_the_papers(tmp_path):
    for data in ("panoptic.py", "mhp.py"):
        config = row(tmp_path, data, "shg.py")
        assert [config[k].dataset.parts for k in LOADERS] == ["train", "val", "test"]
    config = row(tmp_path, "mpii_nzsl.py", "shg.py")
    test = config.test_dataloader.dataset
    # The released test folder as it is.
    assert "split_file" not in test and "test" in test.ann_file


@pytest.mark.parametrize(("name", "sizes"), INPUTS.items(), ids=INPUTS)
def test_a_training_batch_of_simulated_hands(tmp_path, hands, name, sizes):
    size, cells = sizes
    config = row(tmp_path, "panoptic.py", name)
    loader = batches(config, "train_dataloader", hands, 4)
    assert len(loader.dataset) == 14
    batch = next(iter(loader))
    assert len(batch["inputs"]) == len(batch["data_samples"]) == 4
    for image, sample in zip(batch["inputs"], batch["data_samples"], strict=True):
        assert image.shape == (3, size, size) and image.dtype == torch.uint8
        maps = sample.gt_fields.heatmaps
        assert maps.shape == (21, cells, cells) and maps.dtype == torch.float32
        assert sample.gt_instance_labels.keypoint_weights.shape == (1, 21)
        assert sample.gt_instance_labels.keypoint_weights.min() == 1
        # Simulated crops follow the same rule: the whole image of 96 pixels comes out,
        # whose first pixel has its centre at 0 and its last at 95.
        np.testing.assert_allclose(sample.input_scale, 96, rtol=2e-3)
        np.testing.assert_allclose(sample.input_center, 95 / 2, atol=0.01)


@pytest.mark.parametrize(("name", "sizes"), INPUTS.items(), ids=INPUTS)
def test_maps_are_gaussians_around_the_labels(tmp_path, hands, name, sizes):
    _, cells = sizes
    config = row(tmp_path, "panoptic.py", name)
    loader = batches(config, "train_dataloader", hands, 2)
    sample = next(iter(loader))["data_samples"][0]
    corner = sample.input_center - sample.input_scale / 2
    labels = sample.gt_instances.keypoints[0] - corner
    middle = labels * cells / sample.input_scale
    grid = np.arange(cells)
    distance = (grid - middle[:, :1]) ** 2, (grid - middle[:, 1:]) ** 2
    expected = np.exp(-(distance[0][:, None, :] + distance[1][:, :, None]) / 2)
    maps = sample.gt_fields.heatmaps.numpy()
    np.testing.assert_allclose(maps, expected, atol=1e-4)
    # The metric's decoder finds the label's cell: at most a cell and a pixel away.
    found = decode_floor_cells(maps, float(sample.input_scale[0]))
    furthest = np.abs(found - labels).max()
    assert furthest <= sample.input_scale[0] / cells / 2 + 1


@pytest.mark.parametrize("name", INPUTS)
def test_perfect_maps_score_100_but_for_the_cells(tmp_path, hands, name):
    config = row(tmp_path, "panoptic.py", name)
    loader = batches(config, "train_dataloader", hands, 14)
    evaluator = Evaluator(config.val_evaluator)
    samples = next(iter(loader))["data_samples"]
    for sample in samples:
        sample.pred_fields = sample.gt_fields
    evaluator.process(samples)
    scores = evaluator.evaluate(len(samples))
    # Half a cell and a whole pixel of 96, on both axes: 0.03 of the side at most.
    assert scores["pck@0.04"] == scores["pck@0.06"] == 1
    assert scores["pck@0.01"] < 1


def test_validation_and_test_come_whole_and_in_order(tmp_path, hands):
    config = row(tmp_path, "panoptic.py", "shg.py")
    seen = []
    for name in LOADERS[1:]:
        loader = batches(config, name, hands, 2)
        ids = [s.img_id for batch in loader for s in batch["data_samples"]]
        assert ids == sorted(ids) and len(ids) == 3
        seen += ids
    assert len(set(seen)) == 6


@pytest.mark.parametrize(("name", "sizes"), INPUTS.items(), ids=INPUTS)
def test_a_batch_of_real_hands(tmp_path, real, name, sizes):
    size, cells = sizes
    config = row(tmp_path, "panoptic.py", name)
    loader = batches(
        config, "train_dataloader", real, 4, parts=["train", "val", "test"]
    )
    batch = next(iter(loader))
    for image, sample in zip(batch["inputs"], batch["data_samples"], strict=True):
        assert image.shape == (3, size, size)
        assert sample.gt_fields.heatmaps.shape == (21, cells, cells)
        labels = sample.gt_instances.keypoints[0].astype(float)
        side = 2.2 * np.ptp(labels, axis=0).max()
        middle = (labels.max(axis=0) + labels.min(axis=0)) / 2
        np.testing.assert_allclose(sample.input_scale, [side, side], rtol=1e-5)
        np.testing.assert_allclose(sample.input_center, middle, rtol=1e-5)
        whole = cv2.imread(sample.img_path)
        _same_pixels(image.numpy(), whole, middle - side / 2, side)


CONVERTED = {
    "panoptic.py": (panoptic, convert_panoptic, "panoptic_train.json", PERCENTAGES),
    "mpii_nzsl.py": (
        mpii_nzsl,
        convert_mpii_nzsl,
        "mpii_nzsl_train.json",
        {"train": 85, "val": 15},
    ),
    "mhp.py": (mhp, convert_mhp, "mhp.json", PERCENTAGES),
}


@pytest.mark.parametrize("name", CONVERTED)
def test_from_a_release_to_batches(tmp_path, name):
    write, convert, ann_file, percentages = CONVERTED[name]
    folder = tmp_path / "data"
    write(folder)
    convert(folder)
    write_splits(
        folder / "annotations" / ann_file,
        folder / "splits",
        kinds=["random"],
        percentages=percentages,
    )
    config = row(tmp_path, name, "cpm.py")
    sizes = []
    for loader in LOADERS:
        made = batches(config, loader, folder, 1)
        sizes.append(len(made.dataset))
        batch = next(iter(made))
        assert batch["inputs"][0].shape == (3, 368, 368)
        assert np.isfinite(batch["data_samples"][0].input_scale).all()
    expected = {
        "panoptic.py": [7, 1, 2],
        "mpii_nzsl.py": [8, 2, 10],
        "mhp.py": [11, 2, 3],
    }
    assert sizes == expected[name]


def _same_pixels(crop, whole, corner, side):
    """Compare with a bilinear look-up written out; black outside."""
    size = crop.shape[-1]
    step = side / size
    places = np.arange(8, size, 16)
    x, y = np.meshgrid(corner[0] + places * step, corner[1] + places * step)
    padded = np.pad(whole.astype(float), ((500, 500), (500, 500), (0, 0)))
    left, top = np.floor(x).astype(int), np.floor(y).astype(int)
    u, v = (x - left)[..., None], (y - top)[..., None]
    rows, columns = top + 500, left + 500
    expected = (
        padded[rows, columns] * (1 - u) * (1 - v)
        + padded[rows, columns + 1] * u * (1 - v)
        + padded[rows + 1, columns] * (1 - u) * v
        + padded[rows + 1, columns + 1] * u * v
    )
    found = crop.transpose(1, 2, 0)[np.ix_(places, places)]
    # OpenCV interpolates at 1/32 pixel.
    assert np.abs(found - expected).mean() < 0.6
    assert (found[expected.max(axis=-1) == 0] == 0).all()
