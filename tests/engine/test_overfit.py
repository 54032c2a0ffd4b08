"""Tiny networks learn four real images by heart: encoder, losses, decoder as one.

Evaluated on the same four images, so that this says nothing about accuracy, but much
about targets, losses, grouping, boxes and coordinates that must fit each other. No
flip, no augmentation; images are seen in training exactly as they are tested. GOG's
offsets weigh a fifth of what they do in the paper's training: then both losses start
alike, which a training of a few minutes needs.
"""

from __future__ import annotations

import json
from collections import defaultdict

import pytest
import torch
from mmengine.runner import Runner

from mmsia.engine.overlay import apply_overlay
from mmsia.engine.run_config import load_run_config
from mmsia.files import read_json, write_json
from mmsia.paths import project_root

STEPS = 900


def choose_images(annotations, count=4):
    """The first images by id without crowds, all people with 5 keypoints or more."""
    people = defaultdict(list)
    for person in annotations["annotations"]:
        people[person["image_id"]].append(person)
    chosen = [
        image["id"]
        for image in sorted(annotations["images"], key=lambda image: image["id"])
        if people[image["id"]]
        and not any(person["iscrowd"] for person in people[image["id"]])
        and all(person["num_keypoints"] >= 5 for person in people[image["id"]])
    ]
    return chosen[:count]


def keep_images(annotations, ids):
    kept = dict(annotations)
    kept["images"] = [i for i in annotations["images"] if i["id"] in ids]
    kept["annotations"] = [
        a for a in annotations["annotations"] if a["image_id"] in ids
    ]
    return kept


def gog_config():
    config = load_run_config(project_root() / "configs" / "gog" / "gog_tiny.py")
    backbone = {"num_stacks": 1, "stage_channels": (64, 64, 96, 128)}
    config.model.backbone.update(backbone)
    config.model.head.num_stacks = 1
    config.model.head.offset_loss.loss_weight /= 5
    return config


def cganet_config(name="cganet_384_d1w64_dichotomy"):
    """Table 1's row (d), a quarter as wide, on 192 pixels."""
    row = project_root() / "configs" / "cganet" / f"{name}.py"
    narrow = {
        "backbone.width": 16,
        "head.in_channels": 24,
        "head.channels": 32,
        "roi_head.in_channels": [24, 44, 64],
        "roi_head.channels": 48,
    }
    overlay = {"input_size": 192, "replace": narrow}
    config = apply_overlay(load_run_config(row), overlay)
    config.long_edge = 192
    config.optim_wrapper.optimizer = {"type": "Adam"}
    # as training does: the row makes the shorter side this long
    resize = {"type": "OffsetGuidedResize", "mode": "long_edge", "size": 192}
    for name in ("val_dataloader", "test_dataloader"):
        config[name].dataset.pipeline[1] = dict(resize)
    return config


def cganet_masks_config():
    """Table 6's row, as much smaller but for its 48 cells: 24 cap true masks at 90."""
    config = cganet_config("cganet_384_d1w64_masks")
    config.model.roi_head.upscale = 4
    return config


def overfit_config(config, annotations, images, work_dir):
    for name in ("train_dataloader", "val_dataloader", "test_dataloader"):
        loader = config[name]
        loader.update(num_workers=0, persistent_workers=False, batch_size=4)
        data = {"data_root": "", "ann_file": annotations}
        loader.dataset.update(data_prefix={"img": images}, **data)
    config.val_evaluator.ann_file = config.test_evaluator.ann_file = annotations
    config.train_dataloader.sampler = {"type": "InfiniteSampler", "shuffle": True}
    pipeline = config.train_dataloader.dataset.pipeline
    place = [step.type for step in pipeline].index("OffsetGuidedAffine")
    resize = {"type": "OffsetGuidedResize", "size": config.long_edge}
    pipeline[place] = {**resize, "with_annotations": True}
    loop = {"type": "IterBasedTrainLoop", "max_iters": STEPS, "val_interval": STEPS}
    config.train_cfg = loop
    config.optim_wrapper.optimizer.lr = 3e-3
    schedule = {"type": "CosineAnnealingLR", "by_epoch": False, "T_max": STEPS}
    config.param_scheduler = [schedule]
    config.default_hooks.checkpoint = None
    config.log_processor.by_epoch = False
    config.randomness = {"seed": 0}
    config.work_dir = str(work_dir)
    return config


@pytest.mark.slow
@pytest.mark.parametrize("make", [gog_config, cganet_config, cganet_masks_config])
def test_four_images_of_coco_are_learnt_by_heart(make, samples, tmp_path):
    folder = samples / "coco_mini"
    whole = read_json(folder / "annotations" / "person_keypoints_train2017.json")
    ids = choose_images(whole)
    assert len(ids) == 4
    annotations = tmp_path / "four.json"
    write_json(annotations, keep_images(whole, ids))
    images = str(folder / "train2017")
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        config = make()
        # the row's own score: of keypoints or of masks
        score = config.default_hooks.checkpoint.save_best
        config = overfit_config(config, str(annotations), images, tmp_path / "work")
        runner = Runner.from_cfg(config)
        runner.train()
        metrics = runner.val_loop.run()
    finally:
        torch.set_num_threads(threads)
    assert len(runner.val_dataloader.dataset) == 4
    assert 100 * metrics[score] > 90, json.dumps(metrics)


def test_images_are_chosen_by_the_rule():
    def person(image_id, num_keypoints, iscrowd=0):
        return {
            "image_id": image_id,
            "num_keypoints": num_keypoints,
            "iscrowd": iscrowd,
        }

    annotations = {
        "images": [{"id": i} for i in (7, 3, 5, 1, 9)],
        "annotations": [
            person(7, 5),
            person(3, 9),
            person(3, 4),
            person(5, 17),
            person(1, 6),
            person(1, 0, iscrowd=1),
        ],
    }
    assert choose_images(annotations) == [5, 7]
