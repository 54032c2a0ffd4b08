"""A small KLPNet, and crops of simulated objects for it."""

from __future__ import annotations

from pathlib import Path

import torch
from mmengine.registry import init_default_scope
from mmpose.registry import DATASETS, MODELS

import mmsia.all  # noqa: F401, registers the parts

CLASSES = ["chair", "car", "tvmonitor"]
CODEC = dict(
    type="CategoryImplicitHeatmap", input_size=(64, 64), heatmap_size=(16, 16),
    kernel_sizes=(7, 3),
)  # fmt: skip
BACKBONE = dict(
    type="CKLM", num_stages=2, depth=(1, 1, 1, 1), groups=1, base_channels=8,
    channels=16, transmission=8,
)  # fmt: skip
META = (
    *("id", "img_id", "img_path", "category_id", "ori_shape", "img_shape"),
    *("input_size", "input_center", "input_scale", "flip_indices"),
    *("skeleton_links", "image_objects", "raw_ann_info"),
)
CROP = [
    dict(type="LoadImage"),
    dict(type="GetBBoxCenterScale", padding=1.5),
    dict(type="TopdownAffine", input_size=(64, 64)),
]
PACK = dict(type="PackPoseInputs", pack_transformed=True, meta_keys=META)
TARGET = dict(type="GenerateTarget", encoder=CODEC)


def model_config(**options) -> dict:
    settings = dict(
        type="KLPNet",
        num_classes=len(CLASSES),
        num_parts=12,
        backbone=BACKBONE,
        head=dict(type="CKLMHead", decoder=CODEC),
        link_head=dict(type="CLPGM", widths=(16, 16), latent_dim=4, embedding_dim=4),
        data_preprocessor=dict(type="PoseDataPreprocessor", mean=[127.0], std=[60.0]),
    )
    return settings | options


def build(seed: int = 0, **options):
    init_default_scope("mmpose")
    torch.manual_seed(seed)
    model = MODELS.build(model_config(**options))
    model.init_weights()
    return model.eval()


def dataset_config(folder: Path, *pipeline, split: str = "train", **options) -> dict:
    return dict(
        type="ObjectKeypointDataset",
        classes=CLASSES,
        data_root=str(folder),
        ann_file=f"annotations/objects_{split}.json",
        data_prefix=dict(img=""),
        pipeline=[*CROP, *(pipeline or (TARGET, PACK))],
        **options,
    )


def batch_of(folder: Path, model, number: int | None = None):
    """Inputs and samples of the first crops (all of them if None)."""
    init_default_scope("mmpose")
    data = DATASETS.build(dataset_config(folder))
    chosen = [data[i] for i in range(len(data) if number is None else number)]
    batch = dict(
        inputs=[one["inputs"] for one in chosen],
        data_samples=[one["data_samples"] for one in chosen],
    )
    made = model.data_preprocessor(batch, training=True)
    return made["inputs"], made["data_samples"]
