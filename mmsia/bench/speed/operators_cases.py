"""Each operator of ours beside the same in plain PyTorch, or its peer's counterpart.

Where both compute the same, they must agree, or the comparison is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import torch
import torch.nn.functional as F
from mmdet.models.necks import PAFPN
from mmdet.models.utils.gaussian_target import gen_gaussian_target
from mmpose.codecs.utils import get_heatmap_maximum, refine_keypoints
from torch import Tensor
from torchvision.models.detection import keypoint_rcnn
from torchvision.ops import MultiScaleRoIAlign

from mmsia.bench.speed import edge_graph_conv, hand_mesh
from mmsia.bench.speed.device import device_here, load
from mmsia.bench.speed.record import Case, Record, Setting, measure, record_of
from mmsia.bench.speed.timing import Timing
from mmsia.errors import DataError
from mmsia.models.heads.clpgm import CLPGM, Nodes
from mmsia.models.heads.roi_guider import ROIGuider
from mmsia.models.necks.dpad import DPAD
from mmsia.ops.cell_gaussians import draw_cell_gaussians
from mmsia.ops.hand_painting import Planes, bone_planes, paint, paint_and_convolve
from mmsia.ops.roi_maps import draw_roi_maps, read_roi_maps

COMPONENT = "operators"
TOLERANCE = 1e-3
"""Of the largest value: sums of thousands of float32 in another order."""

# Sizes, and the seconds of a round on a slow core: these peers time themselves.
_LAYERS = (((32, 15), 0.1), ((64, 45), 1.0))
_HANDS = ((1, 0.01), (64, 0.15))


def measure_all(setting: Setting) -> Iterator[Record]:
    """Measure every operator.

    Args:
        setting: How long.
    """
    yield from _edges(setting)
    yield from _hands(setting)
    kind = device_here()["kind"]
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    for case in (
        *_painting(kind),
        _neck(kind),
        _box_head(kind),
        _links(kind),
        _box_targets(),
        _box_reading(),
        _gaussians(rng),
    ):
        yield measure(case, setting)


def check_same(what: str, ours: Tensor, theirs: Tensor) -> None:
    """Refuse peers that compute something else.

    Args:
        what: The operator.
        ours: Its result.
        theirs: The peer's.

    Raises:
        DataError: They differ by more than rounding.
    """
    ours, theirs = ours.detach(), theirs.detach()
    error = float((ours - theirs).abs().max() / theirs.abs().max().clamp(min=1e-12))
    if not error <= TOLERANCE:
        raise DataError(
            f"{what} and its peer disagree",
            expected=f"less than {TOLERANCE} of the largest value",
            got=f"{error:.2g}",
            remedy="Report it: speed is worth nothing before they agree",
        )


def _edges(setting: Setting) -> Iterator[Record]:
    """SIA-GCN's layer beside its direct form and an FFT an edge."""
    for (cells, kernel), seconds in _LAYERS:
        rounds = setting.rounds_of(seconds)
        for step in edge_graph_conv.STEPS:
            before = load()
            situation = edge_graph_conv.Situation(cells, kernel, step=step)
            found = edge_graph_conv.benchmark_layer(
                situation, rounds=rounds, memory=False
            )
            yield record_of(
                COMPONENT,
                f"edge-graph-conv, {situation}",
                _named(found.timings, edge_graph_conv.SPECTRAL, "EdgeGraphConv"),
                setting,
                before=before,
            )


def _hands(setting: Setting) -> Iterator[Record]:
    """DIR's hand layer beside a numpy loop and, where installed, smplx."""
    for batch, seconds in _HANDS:
        before, rounds = load(), setting.rounds_of(seconds)
        found = hand_mesh.benchmark_hand_mesh(batch, hand_mesh.FORWARD, rounds=rounds)
        name = f"hand-mesh, batch {batch}, forward"
        timings = _named(found.timings, hand_mesh.LAYER, "HandLayer")
        yield record_of(COMPONENT, name, timings, setting, before=before)


def _named(timings: Sequence[Timing], ours: str, name: str) -> list[Timing]:
    """Ours under the name that it has in the project."""
    return [
        replace(timing, name=f"mmsia {name}") if timing.name == ours else timing
        for timing in timings
    ]


def _both(run: Callable[[], Tensor], inputs: list[Tensor]) -> Callable[[], object]:
    """Forward and backward to some inputs."""
    return lambda: torch.autograd.grad(run().square().mean(), inputs)


def _painting(kind: str) -> Iterator[Case]:
    """DIR: bones painted and convolved at once, beside one after the other."""
    keypoints = torch.rand(1, 2, 21, 2, device=kind) * 2 - 1
    planes = bone_planes(keypoints, 32, 2.0)
    features = torch.randn(1, 2, 21, 64, device=kind, requires_grad=True)
    weight = torch.randn(256, 40 * 64, 3, 3, device=kind, requires_grad=True)

    def plain(drawn: Planes) -> Tensor:
        return F.conv2d(paint(drawn, features), weight, padding=1)

    fused = partial(paint_and_convolve, planes, features, weight)
    check_same("paint_and_convolve", fused(), plain(planes))
    inputs = [features, weight]
    names = ("mmsia paint_and_convolve", "paint, then conv2d")
    for step in ("forward", "forward + backward"):
        runs: tuple[Callable[[], Tensor], ...] = (fused, partial(plain, planes))
        calls: list[Callable[[], object]] = [
            torch.no_grad()(run) if step == "forward" else _both(run, inputs)
            for run in runs
        ]
        yield Case(
            COMPONENT,
            f"painting 40 bones, 32 x 32 cells, {step}",
            {name: [call] for name, call in zip(names, calls, strict=True)},
            kind=kind,
        )


def _neck(kind: str) -> Case:
    """KLPNet's DPAD beside MMDetection's PAFPN, five levels each."""
    channels = (256, 512, 1024, 2048)
    levels = [
        torch.randn(1, width, 64 >> i, 64 >> i, device=kind)
        for i, width in enumerate(channels)
    ]
    ours = DPAD(channels, num_outs=5).to(kind).eval()
    theirs = PAFPN(
        list(channels), 256, num_outs=5, start_level=1, add_extra_convs="on_output"
    )
    theirs = theirs.to(kind).eval()
    return Case(
        COMPONENT,
        "DPAD, 256 px, five levels, forward",
        {
            "mmsia DPAD": [torch.no_grad()(partial(ours, levels))],
            "MMDetection PAFPN": [torch.no_grad()(partial(theirs, levels))],
        },
        reason=(
            "its path goes on to the levels above the backbone's: four 3 x 3 "
            "convolutions more, as the paper has it"
        ),
        kind=kind,
    )


def _box_head(kind: str) -> Case:
    """Keypoint maps of 20 boxes: ROIGuider beside Keypoint R-CNN's head."""
    widths, side, count = (96, 176, 256), 384, 20
    corner = torch.rand(count, 2, device=kind) * side / 2
    boxes = torch.cat([corner, corner + side / 3], dim=1)
    rois = torch.cat([torch.zeros(count, 1, device=kind), boxes], dim=1)
    ours_levels = [
        torch.randn(1, width, side >> (2 + i), side >> (2 + i), device=kind)
        for i, width in enumerate(widths)
    ]
    levels = {
        str(i): torch.randn(1, 256, side >> (2 + i), side >> (2 + i), device=kind)
        for i in range(4)
    }
    guider = ROIGuider(widths).to(kind).eval()
    pool = MultiScaleRoIAlign(["0", "1", "2", "3"], 14, 2)
    head = torch.nn.Sequential(
        keypoint_rcnn.KeypointRCNNHeads(256, (512,) * 8),
        keypoint_rcnn.KeypointRCNNPredictor(512, 17),
    )
    head = head.to(kind).eval()

    def theirs() -> Tensor:
        return head(pool(levels, [boxes], [(side, side)]))

    return Case(
        COMPONENT,
        f"keypoint maps of {count} boxes, {side} px, forward",
        {
            "mmsia ROIGuider": [torch.no_grad()(partial(guider, ours_levels, rois))],
            "torchvision Keypoint R-CNN head": [torch.no_grad()(theirs)],
        },
        kind=kind,
    )


def _links(kind: str) -> Case:
    """KLPNet's links of all objects at once, beside object by object."""
    count, number = 64, 16
    module = CLPGM(num_classes=12).to(kind).eval()
    nodes = Nodes(
        torch.randn(count, number, module.feature_dim, device=kind),
        torch.rand(count, number, 2, device=kind),
        torch.arange(count, device=kind) % 12,
        torch.ones(count, number, dtype=torch.bool, device=kind),
    )

    def one_by_one() -> Tensor:
        each = [
            module.predict(Nodes(*(part[i : i + 1] for part in nodes[:4])))
            for i in range(count)
        ]
        return torch.cat(each)

    ours = torch.no_grad()(partial(module.predict, nodes))
    theirs = torch.no_grad()(one_by_one)
    check_same("CLPGM", ours(), theirs())
    return Case(
        COMPONENT,
        f"CLPGM links of {count} objects of {number} keypoints",
        {"mmsia CLPGM, all at once": [ours], "an object at a time": [theirs]},
        kind=kind,
    )


def _boxes_and_cells(count: int, size: int) -> tuple[Tensor, Tensor]:
    corner = torch.rand(count, 2) * 100
    boxes = torch.cat([corner, corner + 50 + 100 * torch.rand(count, 2)], dim=1)
    return boxes, torch.rand(count, 17, 2) * size


def _box_targets() -> Case:
    """Target maps in boxes, beside one Gaussian after the other."""
    size, sigma, count = 48, 2.0, 20
    _, cells = _boxes_and_cells(count, size)
    weights = torch.ones(count, 17)
    row = torch.arange(size)[:, None]
    column = torch.arange(size)

    def one_by_one() -> Tensor:
        maps = torch.zeros(count, 17, size, size)
        for person, points in enumerate(cells.floor().tolist()):
            for kind, (x, y) in enumerate(points):
                squared = (column - x) ** 2 + (row - y) ** 2
                maps[person, kind] = (-squared / (2 * sigma**2)).exp()
        return maps

    ours = partial(draw_roi_maps, cells, weights, (size, size), sigma)
    check_same("draw_roi_maps", ours()[0], one_by_one())
    return Case(
        COMPONENT,
        f"target maps of {count} boxes, {size} x {size} cells",
        {"mmsia draw_roi_maps": [ours], "a keypoint at a time": [one_by_one]},
    )


def _box_reading() -> Case:
    """Keypoints of boxes' maps, beside MMPose's maximum and refinement."""
    size, count = 48, 20
    boxes, cells = _boxes_and_cells(count, size)
    maps, _ = draw_roi_maps(cells, torch.ones(count, 17), (size, size), 2.0)
    maps = maps + 0.01 * torch.rand_like(maps)
    arrays = maps.numpy()

    def theirs() -> object:
        return [
            refine_keypoints(get_heatmap_maximum(each)[0][None], each)
            for each in arrays
        ]

    return Case(
        COMPONENT,
        f"keypoints of {count} boxes, {size} x {size} cells",
        {
            "mmsia read_roi_maps": [partial(read_roi_maps, maps, boxes)],
            "MMPose maximum and refinement": [theirs],
        },
    )


def _gaussians(rng: np.random.Generator) -> Case:
    """CenterNet's Gaussians, beside MMDetection's, one at a time."""
    size, count = 128, 170
    cells = rng.integers(0, size, (count, 2))
    kinds, radii = rng.integers(0, 17, count), rng.integers(1, 12, count)

    def one_by_one() -> Tensor:
        maps = torch.zeros(17, size, size)
        for (x, y), kind, radius in zip(
            cells.tolist(), kinds.tolist(), radii.tolist(), strict=True
        ):
            gen_gaussian_target(maps[kind], (x, y), radius)
        return maps

    ours = partial(draw_cell_gaussians, cells, kinds, radii, 17, (size, size))
    check_same("draw_cell_gaussians", torch.from_numpy(ours()), one_by_one())
    return Case(
        COMPONENT,
        f"{count} Gaussians on 17 maps of {size} x {size} cells",
        {
            "mmsia draw_cell_gaussians": [ours],
            "MMDetection gen_gaussian_target": [one_by_one],
        },
    )
