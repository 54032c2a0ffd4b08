"""What KLPNet does to the keypoints of instances once they are found in their crops.

Functions on samples with `pred_instances` of one object each, in pixels of the image.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from mmpose.structures import PoseDataSample

from mmsia.errors import ConfigError, InputError
from mmsia.models.heads.clpgm import CLPGM, Nodes
from mmsia.models.heads.link_nodes import pad_nodes
from mmsia.models.layers.canonical_feature_bank import CanonicalFeatureBank
from mmsia.models.layers.object_templates import ObjectTemplates
from mmsia.ops.location_instability import Peaks, Settled, settle_overlaps

UNKNOWN = -1
"""Category of an object where nothing tells it, and part of a keypoint that is none."""


def label_of(metainfo: Mapping[str, Any], num_classes: int) -> int:
    """Number of a sample's category, -1 if it has none.

    Args:
        metainfo: Of the sample.
        num_classes: How many there are.

    Raises:
        InputError: A number that is none.
    """
    label = metainfo.get("category_id")
    if label is None:
        return UNKNOWN
    if not 0 <= int(label) < num_classes:
        raise InputError(
            "KLPNet: category_id of a sample",
            expected=f"0 to {num_classes - 1}, its number in the data set's `classes`",
            got=f"{label}",
        )
    return int(label)


def image_of(sample: PoseDataSample) -> Any:
    """What tells samples of one image from others."""
    return sample.metainfo.get("img_id", sample.metainfo.get("img_path"))


def check_images(samples: Sequence[PoseDataSample]) -> None:
    """Check that all objects of each image are there.

    Args:
        samples: Of a batch; `image_objects` says how many there are, if it is known.

    Raises:
        ConfigError: If some are missing.
    """
    images = [image_of(sample) for sample in samples]
    for sample, image in zip(samples, images, strict=True):
        wanted = sample.metainfo.get("image_objects")
        if wanted is not None and images.count(image) != wanted:
            raise ConfigError(
                f"LIS needs all objects of image {image} in one batch",
                expected=f"{wanted}",
                got=f"{images.count(image)}",
                remedy="batch_sampler=dict(type='WholeImageBatchSampler') in the data "
                "loader",
            )


def name_parts(
    samples: Sequence[PoseDataSample],
    labels: Sequence[int],
    bank: CanonicalFeatureBank,
) -> None:
    """Set `labels` (1,), `keypoint_parts` (1, P) and `part_peaks` (1, K).

    A keypoint is the part whose mean is nearest; a part has the keypoint that is
    nearest to its mean.

    Args:
        samples: Changed in place.
        labels: Category of each; -1: no part is known.
        bank: Of training features.
    """
    for sample, label in zip(samples, labels, strict=True):
        found = sample.pred_instances
        features = _features(found, bank.sums)
        parts = np.full(len(features), UNKNOWN)
        peaks = np.full(bank.counts.shape[1], UNKNOWN)
        if label != UNKNOWN and len(features):
            parts = bank.identify(features, label).cpu().numpy()
            peaks = bank.choose(bank.distances(features, label)).cpu().numpy()
        found.keypoint_parts = parts[None].astype(np.int64)
        found.part_peaks = peaks[None].astype(np.int64)
        found.labels = np.array([label])


def settle_images(
    samples: Sequence[PoseDataSample],
    labels: Sequence[int],
    templates: ObjectTemplates,
) -> None:
    """Hand keypoints out again where boxes of one category overlap (LIS).

    Args:
        samples: Changed in place.
        labels: Category of each; -1: it keeps what it has.
        templates: Of training.
    """
    statistics = templates.statistics()
    images: dict[Any, list[int]] = {}
    for number, sample in enumerate(samples):
        if labels[number] != UNKNOWN:
            images.setdefault(image_of(sample), []).append(number)
    for members in images.values():
        chosen = [samples[number].pred_instances for number in members]
        own = [labels[number] for number in members]
        peaks = [
            _peaks(found, label, templates.bank)
            for found, label in zip(chosen, own, strict=True)
        ]
        boxes = np.concatenate([found.bboxes for found in chosen])
        settled = settle_overlaps(boxes, np.array(own), peaks, statistics)
        before = [_arrays(found) for found in chosen]
        for found, new in zip(chosen, settled, strict=True):
            if new.changed:
                _replace(found, new, before, peaks)


def add_links(
    samples: Sequence[PoseDataSample], labels: Sequence[int], link_head: CLPGM
) -> None:
    """Set `links`, a list of one (L, 2) array, and `link_scores`, one of (L,).

    Args:
        samples: Changed in place.
        labels: Category of each; -1: it gets no links.
        link_head: Trained.
    """
    known = [number for number, label in enumerate(labels) if label != UNKNOWN]
    for sample in samples:
        sample.pred_instances.links = [np.zeros((0, 2), np.int64)]
        sample.pred_instances.link_scores = [np.zeros(0, np.float32)]
    if not known:
        return
    nodes = _nodes(
        [samples[number] for number in known],
        [labels[number] for number in known],
        link_head,
    )
    for number, (pairs, scores) in zip(known, link_head.links(nodes), strict=True):
        samples[number].pred_instances.links = [pairs.cpu().numpy()]
        samples[number].pred_instances.link_scores = [scores.cpu().numpy()]


def guess_labels(
    samples: Sequence[PoseDataSample], labels: Sequence[int], link_head: CLPGM
) -> list[int]:
    """Categories, where they are -1 the one that CLPGM predicts of the keypoints.

    Args:
        samples: With keypoints.
        labels: Category of each, or -1.
        link_head: Trained.
    """
    # who predicts the category does not see it
    nodes = _nodes(samples, [max(label, 0) for label in labels], link_head)
    _, _, logits = link_head(nodes)
    guessed = logits.argmax(dim=1).tolist()
    return [
        guess if label == UNKNOWN else label
        for label, guess in zip(labels, guessed, strict=True)
    ]


def pad_keypoints(samples: Sequence[PoseDataSample]) -> None:
    """Give all instances as many keypoints; those that are added have a score of 0.

    Args:
        samples: Changed in place.
    """
    most = max(sample.pred_instances.keypoints.shape[1] for sample in samples)
    for sample in samples:
        found = sample.pred_instances
        missing = most - found.keypoints.shape[1]
        for name, value in list(found.items()):
            if name.startswith("keypoint"):
                filler = UNKNOWN if name == "keypoint_parts" else 0
                shape = (1, missing, *value.shape[2:])
                more = np.full(shape, filler, value.dtype)
                found.set_field(np.concatenate([value, more], axis=1), name)


def _features(found: Any, like: torch.Tensor) -> torch.Tensor:
    """(P, C) on the device of a network's part."""
    return torch.as_tensor(found.keypoint_features[0], device=like.device).float()


def _peaks(found: Any, label: int, bank: CanonicalFeatureBank) -> Peaks:
    away = bank.distances(_features(found, bank.sums), label)
    return Peaks(found.keypoints[0], found.keypoint_scores[0], away.cpu().numpy())


def _nodes(
    samples: Sequence[PoseDataSample], labels: Sequence[int], link_head: CLPGM
) -> Nodes:
    like = link_head.mean.weight
    found = [sample.pred_instances for sample in samples]

    def tensors(name: str) -> list[torch.Tensor]:
        return [torch.as_tensor(one.get(name)[0]).to(like) for one in found]

    boxes = torch.as_tensor(np.concatenate([one.bboxes for one in found])).to(like)
    return pad_nodes(
        tensors("keypoint_features"),
        tensors("keypoints"),
        boxes,
        torch.as_tensor(labels, device=like.device),
        tensors("keypoint_scores"),
    )


def _arrays(found: Any) -> dict[str, np.ndarray]:
    """What is an instance's by keypoint."""
    return {
        name: value[0] for name, value in found.items() if name.startswith("keypoint")
    }


def _replace(
    found: Any,
    new: Settled,
    before: Sequence[Mapping[str, np.ndarray]],
    peaks: Sequence[Peaks],
) -> None:
    """An instance's keypoints by those that LIS gave it, highest first.

    Parts that LIS gave none take the nearest of them by features, as without LIS.
    """
    order = np.argsort(
        [-before[owner]["keypoint_scores"][peak] for owner, peak in new.source],
        kind="stable",
    )
    source = new.source[order]
    for name in list(before[0]):
        rows = [before[owner][name][peak] for owner, peak in source]
        like = before[0][name]
        shape = (1, len(rows), *like.shape[1:])
        found.set_field(np.asarray(rows, like.dtype).reshape(shape), name)
    known = new.parts[order]
    parts = np.where(known >= 0, known, found.keypoint_parts[0])
    found.keypoint_parts = parts[None].astype(np.int64)
    away = [peaks[owner].part_distances[peak] for owner, peak in source]
    table = np.reshape(away, (-1, found.part_peaks.shape[1])).astype(np.float64)
    chosen = CanonicalFeatureBank.choose(torch.from_numpy(table)).numpy()
    chosen[known[known >= 0]] = np.flatnonzero(known >= 0)
    found.part_peaks = chosen[None]
