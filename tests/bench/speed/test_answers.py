"""Networks that know their image: what follows them finds the annotated people."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from mmengine.dataset import pseudo_collate

from mmsia.bench.speed.answers import answers_to, network_parts
from mmsia.bench.speed.rehearsal import Rehearsal

C = "configs/cganet/"
G = "configs/gog/"


def _predict(entrant, number=2):
    """Distances (N,) of annotated people to the nearest found ones, and these."""
    model = entrant.network(training=False)
    item = entrant.dataset("test")[number]
    answers = answers_to(model, item["data_samples"], item["inputs"])
    rehearsal = Rehearsal(list(answers), network_parts(model))
    rehearsal.use(answers)
    with torch.no_grad():
        (sample,) = model.test_step(pseudo_collate([item]))
    rehearsal.end()
    truth, found = sample.gt_instances, sample.pred_instances
    return model, truth, found, rehearsal


def _errors(truth, found):
    apart = np.linalg.norm(found.keypoints[:, None] - truth.keypoints[None], axis=-1)
    seen = np.asarray(truth.keypoints_visible).reshape(1, len(truth), -1) > 0
    return np.nanmedian(np.where(seen, apart, np.nan), axis=-1).min(axis=0)


@pytest.mark.parametrize(
    "config",
    ["cganet_384_d1w64_cascade", "cganet_512_d1w64_flip", "cganet_384_d1w64_guider"],
)
def test_cganet_finds_who_is_annotated(small, narrow, config) -> None:
    entrant = small(f"{C}{config}.py", replace=narrow)
    _, truth, found, rehearsal = _predict(entrant)
    assert len(found.bboxes) == 20
    # a cell of a box's map is a few pixels of the image
    assert np.median(_errors(truth, found)) < 4
    assert sum(rehearsal.seconds.values()) > 0


def test_masks_are_answered_too(small, narrow) -> None:
    entrant = small(f"{C}cganet_384_d1w64_masks.py", replace=narrow)
    _, _, found, _ = _predict(entrant)
    assert len(found.masks) == 20 and found.masks.any(axis=(1, 2)).all()


def test_mask_rcnn_reads_as_many_boxes(small, tiny_fpn) -> None:
    entrant = small(f"{C}keypoint-rcnn_512_fpn50.py", size=128, **tiny_fpn)
    _, truth, found, _ = _predict(entrant)
    assert len(found.bboxes) == 20
    middles = [b.reshape(-1, 2, 2).mean(1) for b in (found.bboxes, truth.bboxes)]
    apart = np.linalg.norm(middles[0][:, None] - middles[1], axis=-1)
    assert (apart.min(axis=1) < 10).all()


def test_gog_and_its_mirror_image_give_the_same(small, hourglass) -> None:
    results = [
        _predict(small(f"{G}gog_hg104_coco19_640_{flip}.py", size=512, **hourglass))
        for flip in ("flip", "noflip")
    ]
    one, other = (found.keypoints for _, _, found, _ in results)
    np.testing.assert_allclose(one, other, atol=0.1)
    assert np.median(_errors(results[0][1], results[0][2])) < 4


def test_centernet_finds_who_is_annotated(small, hourglass) -> None:
    entrant = small(f"{G}centernet_hg104_flip.py", size=256, **hourglass)
    _, truth, found, _ = _predict(entrant)
    assert np.median(_errors(truth, found)) < 1


def test_a_rehearsal_leaves_no_trace(small, narrow) -> None:
    entrant = small(f"{C}cganet_384_d1w64_guider.py", replace=narrow)
    model, *_ = _predict(entrant)
    assert not any("forward" in vars(module) for module in model.modules())
    item = entrant.dataset("test")[0]
    with torch.no_grad():
        (sample,) = model.test_step(pseudo_collate([item]))
    # untrained: on its own it finds nobody, or not these
    assert len(sample.pred_instances.bboxes) < 20


def test_a_network_that_is_not_known_answers_nothing(small) -> None:
    entrant = small(
        f"{C}separated_256x192_res50.py",
        size=[64, 64],
        backbone={
            "type": "ResNet",
            "depth": 18,
            "base_channels": 8,
            "stem_channels": 8,
        },
        replace={"head.in_channels": 64},
    )
    model = entrant.network(training=False)
    item = entrant.dataset("test")[0]
    assert answers_to(model, item["data_samples"], item["inputs"]) == {}
    assert network_parts(model) == [model.backbone, model.head]
