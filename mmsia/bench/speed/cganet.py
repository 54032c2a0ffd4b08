"""How long CGANet's post-processing takes beside its backbone, on the same processor.

Maps are made from simulated people, for an untrained network would find nobody: its
boxes are decoded, corrected by centre lines, and the keypoints of as many boxes read
from perfect maps.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from mmpose.registry import MODELS
from torch import Tensor

from mmsia.bench.speed.scenes import Scene, simulated_scenes
from mmsia.bench.speed.timing import Timing, time_in_turns
from mmsia.codecs.center_lines import CenterLines
from mmsia.ops.roi_maps import draw_roi_maps, keypoints_to_cells, read_roi_maps

NETWORK = "TNet-D1W64, forward"
AFTER = "boxes and keypoints from maps"
BOXES, DICHOTOMY, KEYPOINTS = (
    "boxes alone, not extended",
    "boxes alone, Dichotomy Extended Area",
    "keypoints alone",
)
PEERS = (NETWORK, AFTER, BOXES, DICHOTOMY, KEYPOINTS)


def benchmark_cganet(
    num_people: int, size: int, rounds: int, num_scenes: int = 4
) -> list[Timing]:
    """Time the backbone and what follows the network, in turns.

    Args:
        num_people: People in an image, at most that many boxes.
        size: Edge of the square input, a multiple of 64, pixels.
        rounds: Timed rounds.
        num_scenes: Images.
    """
    scenes = simulated_scenes(num_people, num_scenes, size)
    torch.manual_seed(0)
    network = MODELS.build({"type": "TNet", "depth": 1, "width": 64}).eval()
    image = torch.randn(1, 3, size, size)

    def forward() -> object:
        with torch.no_grad():
            return network(image)

    steps = [_steps(scene, num_people, size) for scene in scenes]
    calls = {name: [step[name] for step in steps] for name in PEERS[1:]}
    return time_in_turns({NETWORK: [forward] * num_scenes, **calls}, rounds=rounds)


def _steps(scene: Scene, num_people: int, size: int) -> dict[str, Callable[[], object]]:
    """What is timed of one image, by peer."""
    extended, plain = (
        CenterLines((size, size), max_boxes=num_people, extension=extension)
        for extension in ("dichotomy", None)
    )
    drawn = extended.encode(scene.keypoints, scene.visible, scene.boxes)
    maps = [
        torch.as_tensor(drawn[name])[None]
        for name in ("center_heatmap", "box_sizes", "box_offsets", "center_lines")
    ]
    boxes = torch.as_tensor(drawn["box_labels"])
    cells = size // 8
    keypoint_maps = _keypoint_maps(drawn, boxes, (cells, cells))

    def after() -> object:
        ((found, _),) = extended.batch_decode(*maps)
        return found, read_roi_maps(keypoint_maps, boxes)

    return {
        AFTER: after,
        BOXES: lambda: plain.batch_decode(*maps),
        DICHOTOMY: lambda: extended.batch_decode(*maps),
        KEYPOINTS: lambda: read_roi_maps(keypoint_maps, boxes),
    }


def _keypoint_maps(drawn: dict, boxes: Tensor, map_size: tuple[int, int]) -> Tensor:
    """Perfect maps of the boxes of one image."""
    points = torch.as_tensor(drawn["keypoint_labels"])
    weights = torch.as_tensor(drawn["keypoint_weights"])
    cells = keypoints_to_cells(points, boxes, map_size)
    return draw_roi_maps(cells, weights, map_size, sigma=2.0)[0]
