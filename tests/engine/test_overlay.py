from __future__ import annotations

import json

import pytest
from mmengine.config import Config

from mmsia.engine.overlay import apply_overlay, plain_config
from mmsia.engine.run_config import inner_dataset, load_run_config
from mmsia.errors import ConfigError
from mmsia.paths import project_root

GOG = project_root() / "configs" / "gog"
BACKBONE = {
    "type": "NarrowHourglassNet",
    "downsample_times": 2,
    "num_stacks": 1,
    "stage_channels": [8, 8, 8],
    "stage_blocks": [1, 1, 1],
    "feat_channel": 8,
}


@pytest.fixture(scope="module")
def row():
    return load_run_config(GOG / "gog_hg104_coco19_640_flip.py")


@pytest.fixture(scope="module")
def hands():
    folder = project_root() / "configs" / "siagcn"
    return load_run_config(folder / "siagcn_shg_panoptic_10-head.py")


@pytest.fixture(scope="module")
def separated():
    folder = project_root() / "configs" / "cganet"
    return load_run_config(folder / "separated_256x192_d3w64.py")


@pytest.fixture(scope="module")
def single():
    folder = project_root() / "configs" / "cganet"
    return load_run_config(folder / "cganet_384_d1w64_cascade.py")


def test_the_row_itself_stays_untouched(row):
    before = row.to_dict()
    apply_overlay(row, {"num_steps": 3, "input_size": 64, "data_folder": "/x"})
    assert row.to_dict() == before


def test_data_folders_and_splits(row):
    changed = apply_overlay(row, {"data_folder": "/made", "val_split": "val1"})
    assert changed.train_dataloader.dataset.data_root == "/made/"
    assert changed.train_dataloader.dataset.data_prefix.img == "train2017/"
    for split in ("val", "test"):
        dataset = changed[f"{split}_dataloader"].dataset
        assert dataset.ann_file == "annotations/person_keypoints_val1.json"
        assert dataset.data_prefix.img == "val1/"
        file = "/made/annotations/person_keypoints_val1.json"
        assert changed[f"{split}_evaluator"].ann_file == file


def test_the_schedule_keeps_its_shape(row):
    changed = apply_overlay(row, {"num_steps": 28})
    assert changed.train_cfg.type == "IterBasedTrainLoop"
    assert changed.train_cfg.max_iters == 28
    [schedule] = changed.param_scheduler
    assert schedule.by_epoch is False
    assert schedule.milestones == [20, 26], "of 140 epochs 100 and 130"
    assert changed.train_dataloader.sampler.type == "InfiniteSampler"
    assert changed.default_hooks.checkpoint.by_epoch is False
    assert changed.log_processor.by_epoch is False


def test_few_steps_are_kept_once_at_the_end(row):
    """Making them again costs less than a checkpoint."""
    checkpoint = apply_overlay(row, {"num_steps": 28}).default_hooks.checkpoint
    assert checkpoint.interval == 28
    checkpoint = apply_overlay(row, {"num_steps": 800}).default_hooks.checkpoint
    assert checkpoint.interval == 200


def test_hands_have_their_own_layout(hands):
    changed = apply_overlay(hands, {"train_split": "one", "val_split": "two"})
    for split, name in (("train", "one"), ("val", "two"), ("test", "two")):
        dataset = changed[f"{split}_dataloader"].dataset
        assert dataset.ann_file == f"annotations/panoptic_{name}.json"
        assert dataset.data_prefix.img == ""
        assert "split_file" not in dataset


def test_maps_follow_the_input(hands):
    changed = apply_overlay(hands, {"input_size": 64})
    for codec in (changed.codec, changed.model.head.decoder):
        assert tuple(codec.input_size) == (64, 64)
        assert tuple(codec.heatmap_size) == (16, 16)


def test_boxes_of_a_detector_go_with_the_images_they_are_of(separated):
    moved = apply_overlay(separated, {"data_folder": "/made"})
    file = "person_detection_results/COCO_val2017_detections_AP_H_56_person.json"
    assert moved.test_dataloader.dataset.bbox_file == f"/made/{file}"
    other = apply_overlay(separated, {"train_split": "one", "val_split": "two"})
    for split in ("val", "test"):
        dataset = other[f"{split}_dataloader"].dataset
        assert "bbox_file" not in dataset
        assert dataset.ann_file == "annotations/person_keypoints_two.json"
    assert other.train_dataloader.dataset.data_prefix.img == "one/"


def test_crops_and_maps_of_people_follow_the_input(separated):
    changed = apply_overlay(separated, {"input_size": [64, 96]})
    for codec in (changed.codec, changed.model.head.decoder):
        assert tuple(codec.input_size) == (64, 96)
        assert tuple(codec.heatmap_size) == (16, 24)
    for split in ("train", "val", "test"):
        steps = changed[f"{split}_dataloader"].dataset.pipeline
        [crop] = [step for step in steps if step.type == "TopdownAffine"]
        assert tuple(crop.input_size) == (64, 96)


def test_the_sides_of_boxes_maps_follow_a_square_input(single):
    changed = apply_overlay(single, {"input_size": 128})
    assert changed.model.roi_head.input_size == 128
    assert tuple(changed.model.head.decoder.input_size) == (128, 128)
    warp = changed.train_dataloader.dataset.pipeline[1]
    assert (warp.type, warp.max_shift) == ("OffsetGuidedAffine", 13)
    assert tuple(warp.scale_range) == (0.6, 1.5), "of the short edge, as before"
    resize = changed.test_dataloader.dataset.pipeline[1]
    assert tuple(resize.input_size) == (128, 128)
    assert single.model.roi_head.input_size == 384


def test_a_head_follows_its_backbones_stages(hands):
    backbone = {"type": "StackedHourglass", "num_stacks": 3}
    changed = apply_overlay(hands, {"backbone": backbone})
    assert changed.model.head.num_stages == 3


def test_only_parts_that_are_there_are_replaced(hands):
    replaced = {"pointer": {"in_channels": 64}, "graph.num_heads": 3}
    changed = apply_overlay(hands, {"replace": {**replaced, "rotation": {}, "a.b": 1}})
    assert changed.model.pointer == {"in_channels": 64}
    assert changed.model.graph.num_heads == 3
    assert "rotation" not in changed.model and "a" not in changed.model


def test_hooks_keep_their_share_of_the_schedule(hands):
    hook = apply_overlay(hands, {"num_steps": 50}).custom_hooks[-1]
    assert (hook.type, hook.begin, hook.by_epoch) == ("StageWeightHook", 20, False)
    assert hands.custom_hooks[-1].begin == 40


def test_a_warm_up_in_steps_stays_short():
    config = Config(
        {
            "model": {},
            "train_dataloader": {"dataset": {}},
            "train_cfg": {"type": "EpochBasedTrainLoop", "max_epochs": 100},
            "param_scheduler": [
                {"type": "LinearLR", "begin": 0, "end": 500, "by_epoch": False},
                {"type": "CosineAnnealingLR", "T_max": 100, "end": 100},
            ],
        }
    )
    warm_up, cosine = apply_overlay(config, {"num_steps": 40}).param_scheduler
    assert (warm_up.begin, warm_up.end) == (0, 4)
    assert (cosine.T_max, cosine.end, cosine.by_epoch) == (40, 40, False)


def test_sizes_keep_their_relations(row):
    changed = apply_overlay(row, {"input_size": 128})
    warp = changed.train_dataloader.dataset.pipeline[3]
    assert warp.type == "OffsetGuidedAffine"
    assert warp.input_size == (128, 128)
    assert warp.scale_range == (0.125, 0.5) and warp.max_shift == 38
    assert changed.codec.input_size == (128, 128)
    assert changed.model.head.decoder.input_size == (128, 128)
    assert changed.test_dataloader.dataset.pipeline[1].size == 160
    larger = load_run_config(GOG / "gog_hg104_coco19_testdev_768.py")
    larger = apply_overlay(larger, {"input_size": [128, 128]})
    assert larger.test_dataloader.dataset.pipeline[1].size == 192
    tiny = apply_overlay(load_run_config(GOG / "gog_tiny.py"), {"input_size": 128})
    assert tiny.train_dataloader.dataset.pipeline[2].max_shift == 75


def test_backbone_batch_workers_and_seed(row):
    overlay = {"backbone": BACKBONE, "batch_size": 3, "num_workers": 0, "seed": 9}
    changed = apply_overlay(row, overlay)
    assert changed.model.backbone.to_dict() == BACKBONE
    assert changed.model.head.in_channels == 8 and changed.model.head.num_stacks == 1
    assert changed.train_dataloader.batch_size == 3
    assert changed.test_dataloader.num_workers == 0
    assert changed.test_dataloader.persistent_workers is False
    assert changed.randomness.seed == 9


def test_settings_of_a_backbone_leave_the_others(row):
    before = row.model.backbone.to_dict()
    changed = apply_overlay(row, {"backbone": {"stage_channels": [8, 8]}})
    found = changed.model.backbone.to_dict()
    assert found == {**before, "stage_channels": [8, 8]} != before


DETECTOR = project_root() / "configs" / "klpnet" / "dpad_x101_coco.py"


def test_images_of_a_detector_shrink_in_proportion():
    config = apply_overlay(load_run_config(DETECTOR), {"input_size": 333})
    steps = {s.type: s for s in config.train_dataloader.dataset.pipeline}
    assert steps["DrawnMosaic"].img_scale == (256, 256)
    assert steps["RandomResize"].scale == (512, 512)
    assert steps["RandomCrop"].crop_size == (256, 256)
    tested = config.test_dataloader.dataset.pipeline
    assert [s.scale for s in tested if s.type == "Resize"] == [(333, 200)]


def test_classes_of_detectors_and_of_objects(tmp_path):
    names = ["car", "bus"]
    overlay = {"classes": names, "val_split": "test", "data_folder": tmp_path}
    config = apply_overlay(load_run_config(DETECTOR), overlay)
    for split in ("train", "val", "test"):
        dataset = inner_dataset(config[f"{split}_dataloader"].dataset)
        assert dataset.metainfo.classes == names
    assert config.test_dataloader.dataset.ann_file == "annotations/objects_test.json"
    assert config.test_evaluator.ann_file == f"{tmp_path}/annotations/objects_test.json"
    crops = DETECTOR.with_name("cklm_pascal3d_256_3stages.py")
    config = apply_overlay(load_run_config(crops), {"classes": names})
    assert config.train_dataloader.dataset.classes == names
    assert config.test_evaluator.classes == names


def _with_downloads(row):
    config = Config(row.to_dict())
    start = {"type": "Pretrained", "checkpoint": "torchvision://resnet50"}
    config.model.backbone.init_cfg = start
    config.model.head.init_cfg = {"type": "Pretrained", "checkpoint": "/here.pth"}
    config.load_from = "https://example.org/a.pth"
    return config


def test_a_scale_downloads_nothing(row):
    changed = apply_overlay(_with_downloads(row), {"num_steps": 9, "seed": 3})
    assert changed.model.backbone.init_cfg is None and changed.load_from is None
    assert changed.model.head.init_cfg.checkpoint == "/here.pth"


@pytest.mark.parametrize(
    "overlay", [{}, {"data_folder": "/made", "num_workers": 2, "seed": 3}]
)
def test_the_paper_s_own_training_starts_from_its_weights(row, overlay):
    config = _with_downloads(row)
    changed = apply_overlay(config, overlay)
    assert changed.model.backbone.init_cfg == config.model.backbone.init_cfg
    assert changed.load_from == config.load_from


@pytest.mark.parametrize(
    ("overlay", "message"),
    [
        ({"num_step": 3}, r"'num_step'.*expected 'num_steps'\?"),
        ({"zzz": 3}, "'zzz'.*expected one of data_folder"),
        ({"num_steps": 0}, "'num_steps'.*1 or more, got 0"),
        ({"num_steps": 2.5}, "'num_steps'.*whole number"),
        ({"batch_size": True}, "'batch_size'.*whole number"),
        ({"backbone": "ResNet"}, "'backbone'.*a dict of a backbone's settings"),
        ({"backbone": {}}, "'backbone'.*a dict of a backbone's settings"),
        ({"input_size": "big"}, "'input_size'.*pixels"),
        ({"seed": -1}, "'seed'.*0 or more"),
        ({"classes": "car"}, "'classes'.*a list of names"),
        ({"classes": []}, "'classes'.*a list of names"),
    ],
)
def test_what_an_overlay_cannot_be(row, overlay, message):
    with pytest.raises(ConfigError, match=message):
        apply_overlay(row, overlay)


def test_plain_configs_survive_json(row):
    plain = plain_config(row)
    again = json.loads(json.dumps(plain))
    assert again == plain
    assert again["model"]["backbone"]["stage_channels"][0] == 256
    with pytest.raises(ConfigError, match=r"model\.0 of the config.*object"):
        plain_config(Config({"model": [object]}))
