"""SiaPose: its counts, Eq. (3) and (4), what it learns and what it decodes."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from mmpose.registry import MODELS

from mmsia.bench.structure import count_structure
from mmsia.errors import ConfigError, InputError
from mmsia.models.estimators import StageWeightHook
from mmsia.models.estimators.sia_pose import Refined
from tests.models.estimators.small_hands import SMALL_RESNET, batch, small_config


@pytest.fixture
def config():
    return small_config()


PAPER = """
codec = dict(input_size=(368, 368))
model = dict(
    type="{estimator}",
    backbone=dict(type="CPMOnVGG", kernel_size=3),
    head=dict(
        type="CPMHead", in_channels=21, out_channels=21, num_stages=6, final_layer=None
    ),
    graph=dict(type="SIAGCN", num_heads={heads}),
    pointer={pointer},
)
"""


@pytest.mark.parametrize(
    ("heads", "estimator", "expected"),
    [
        (1, "SiaPose", 29_099_710 + 617_625),
        (5, "SiaPose", 29_099_710 + 5 * 617_625 + 11_179_077),
        (10, "SiaPose", 29_099_710 + 10 * 617_625 + 11_181_642),
        (1, "RSiaPose", 29_099_710 + 617_625 + 11_177_538),
    ],
)
def test_counts_of_the_paper_s_size(tmp_path: Path, heads, estimator, expected):
    path = tmp_path / "config.py"
    pointer = None if heads == 1 else {}
    path.write_text(PAPER.format(heads=heads, estimator=estimator, pointer=pointer))
    found = count_structure(path)
    assert found.num_parameters == expected
    assert found.parts["graph"] == heads * 617_625
    # convolutions in their direct form: 61 of 45 x 45 on 46 x 46 cells, five layers
    alone = heads * 5 * 61 * 2025 * 46 * 46
    assert found.num_multiply_adds > alone


def test_starts_with_the_maps_that_it_was_given(config):
    torch.manual_seed(0)
    config["graph"]["num_heads"], config["pointer"] = 1, None
    model = MODELS.build(config).eval()
    given = batch([0.3])[1][0].gt_fields.heatmaps[None]
    model.head.forward = lambda feats: [given, given]
    stages, fused, weights = model.compute_maps(torch.randn(1, 3, 96, 96))
    assert stages[-1] is given and weights is None
    assert (fused - given).abs().max() < 0.05


def test_fusion_is_the_weighted_sum_of_heads(config):
    """Eq. (3), by hand from the graph's and the pointer's own outputs."""
    torch.manual_seed(0)
    config["graph"]["init"] = "uniform"
    model = MODELS.build(config).eval()
    image, _ = batch([0.0, 1.0])
    seen = []
    model.graph.register_forward_hook(lambda m, args, out: seen.append(out))
    stages, fused, weights = model.compute_maps(image)
    assert weights.shape == (2, 3) and len(stages) == 2
    torch.testing.assert_close(weights.sum(dim=1), torch.ones(2))
    expected = sum(weights[:, m, None, None, None] * seen[0][:, m] for m in range(3))
    torch.testing.assert_close(fused, expected)
    # the heads differ, and the last layer may give negative values
    assert not torch.allclose(seen[0][:, 0], seen[0][:, 1])
    assert (seen[0] < 0).any()
    torch.testing.assert_close(model(image, None, mode="tensor"), fused)


@pytest.mark.parametrize(("mean", "alpha"), [(False, 1.0), (False, 0.1), (True, 0.5)])
def test_loss_is_equation_4(config, mean, alpha):
    torch.manual_seed(0)
    model = MODELS.build({**config, "stage_mean": mean, "stage_weight": alpha}).eval()
    image, samples = batch([0.0, 1.0])
    weights = samples[1].gt_instance_labels.keypoint_weights
    weights[0, 4] = 0
    stages, fused, _ = model.compute_maps(image)
    losses = model(image, samples, mode="loss")

    def term(maps):
        total = 0.0
        for n, sample in enumerate(samples):
            for k in range(21):
                squared = (maps[n, k] - sample.gt_fields.heatmaps[k]) ** 2
                if sample.gt_instance_labels.keypoint_weights[0, k] > 0:
                    total = total + squared.sum()
        return 30 * total / maps.numel()

    first = sum(term(maps) for maps in stages) / (2 if mean else 1)
    torch.testing.assert_close(losses["loss_stages"], alpha * first)
    torch.testing.assert_close(losses["loss_fused"], term(fused))
    assert 0 <= losses["acc_pose"] <= 1


def test_everything_learns_a_few_hands_by_heart(config):
    """Half of what empty maps cost, which a network finds first."""
    torch.manual_seed(0)
    model = MODELS.build(config)
    model.init_weights()
    image, samples = batch([0.0, 0.7, 2.0])
    optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
    for _ in range(200):
        losses = model(image, samples, mode="loss")
        optimizer.zero_grad()
        (losses["loss_stages"] + losses["loss_fused"]).backward()
        optimizer.step()
    target = torch.stack([sample.gt_fields.heatmaps for sample in samples])
    assert losses["loss_fused"] < 0.5 * 30 * target.square().mean()
    without = [n for n, p in model.named_parameters() if p.grad is None]
    assert without == []


def test_predicts_keypoints_of_the_refined_maps_in_the_image(config):
    torch.manual_seed(0)
    config["test_cfg"] = dict(output_heatmaps=True)
    model = MODELS.build(config).eval()
    image, samples = batch([0.0, 1.0])
    target = torch.stack([s.gt_fields.heatmaps for s in samples])
    model.compute_maps = lambda image: Refined([], target, None)
    with torch.no_grad():
        found = model(image, samples, mode="predict")
    assert torch.equal(found[1].pred_fields.heatmaps, target[1])
    # the wrist of all: cell (5.5, 6) of 12, a crop of 192 pixels from (104, 4) on
    wrist = found[0].pred_instances.keypoints[0, 0]
    assert abs(wrist[1] - (4 + 6 * 16)) < 5 and abs(wrist[0] - (104 + 5.5 * 16)) < 9
    assert "head_weights" not in found[0].pred_instances


@pytest.mark.parametrize("estimator", ["SiaPose", "RSiaPose"])
def test_a_prediction_tells_how_heads_were_weighed(config, estimator):
    """Those of Eq. (3) themselves: the pointer looks at an image once."""
    torch.manual_seed(0)
    rotation = {"rotation": SMALL_RESNET} if estimator == "RSiaPose" else {}
    model = MODELS.build({**config, "type": estimator, **rotation}).eval()
    image, samples = batch([0.0, 1.0, 2.0])
    seen = []
    model.pointer.register_forward_hook(lambda m, args, out: seen.append(out))
    with torch.no_grad():
        found = model(image, samples, mode="predict")
    (scores,) = seen
    raised = scores.double().exp().numpy()
    for sample, own in zip(found, raised, strict=True):
        weights = sample.pred_instances.head_weights
        assert weights.shape == (1, 3)
        assert weights[0] == pytest.approx(own / own.sum(), rel=1e-5)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (dict(pointer=None), "3 heads, pointer None"),
        (dict(graph=dict(type="SIAGCN")), "none for one"),
        (dict(test_cfg=dict(flip_test=True)), "no flip_test"),
        (dict(graph=dict(type="SIAGCN", num_layers=0)), "at least 1, got 0"),
        (dict(graph=dict(type="SIAGCN", num_heads=0)), "num_heads"),
    ],
)
def test_wrong_options_are_named(config, change, words):
    with pytest.raises(ConfigError, match=words):
        MODELS.build({**config, **change})


def test_an_estimator_without_stages_is_named(config):
    config["backbone"] = SMALL_RESNET["backbone"]
    config["head"] = dict(
        type="HeatmapHead", in_channels=64, out_channels=21, deconv_out_channels=None,
        loss=dict(type="KeypointMSELoss"),
    )  # fmt: skip
    with pytest.raises(InputError, match=r"one a stage, got Tensor.*CPMHead"):
        MODELS.build(config).eval().compute_maps(torch.zeros(1, 3, 96, 96))


def test_targets_of_another_size_are_named(config):
    image, _ = batch([0.0])
    _, samples = batch([0.0], cells=11)
    with pytest.raises(InputError, match=r"\(1, 21, 12, 12\), got \(1, 21, 11, 11\)"):
        MODELS.build(config).eval().loss(image, samples)


@pytest.mark.parametrize("by_epoch", [True, False])
def test_stages_count_less_from_a_point_on(config, by_epoch):
    model = MODELS.build(config)
    hook = StageWeightHook(by_epoch=by_epoch)
    for number, expected in ((0, 1.0), (39, 1.0), (40, 0.1), (99, 0.1), (5, 1.0)):
        now = {"epoch": number, "iter": 0} if by_epoch else {"epoch": 0, "iter": number}
        hook.before_train_iter(SimpleNamespace(model=model, **now), 0)
        assert model.stage_weight == expected
    with pytest.raises(ConfigError, match="0 or more, got -1"):
        StageWeightHook(begin=-1)
