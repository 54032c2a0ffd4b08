"""How fast GOG's targets, decoding and grouping are, beside their peers.

Peers of the same task: MMPose's AssociativeEmbedding codec, with the decoding of
MMPose's configs (maps restored to input size) and on the maps as they are; and our own
rules with whole maps upsampled in PyTorch, which is how such decoders are usually
written. That peer must find the very same poses, or the comparison is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from mmpose.codecs import AssociativeEmbedding

from mmsia.bench.codec_adapters import adapter_of
from mmsia.bench.degradation import Degradation
from mmsia.bench.speed.scenes import Scene
from mmsia.bench.speed.timing import Timing, time_in_turns
from mmsia.codecs import OffsetGuidedHeatmap
from mmsia.errors import DataError
from mmsia.ops.grouping import group_limbs
from mmsia.ops.limb_candidates import find_limbs
from mmsia.ops.peaks import find_peaks_by_full_upsampling

OURS, OURS_44 = "mmsia, 19 limbs", "mmsia, 44 limbs"
PLAIN = "mmsia's rules, whole maps upsampled"
AE, AE_CELLS = "MMPose AE, as its configs", "MMPose AE, maps as they are"
NETWORK_LIKE = Degradation(gain=0.2, blur=2.0, noise=0.01)
"""Responses that are lopsided, flat and noisy; no network was consulted."""

MAPS = ("encoded", "network-like", "noise")
# MMPose's order for COCO: from head and torso outwards
_ORDER = [0, 1, 2, 3, 4, 5, 6, 11, 12, 7, 8, 9, 10, 13, 14, 15, 16]


@dataclass(frozen=True)
class Measured:
    """Timings of one task in one situation.

    Attributes:
        task: ``targets``, ``decode``, ``limbs`` or ``grouping``.
        maps: Kind of maps, empty for targets.
        people: Label of the scenes.
        timings: One for each peer.
        ours: Name of the peer that the others are compared with.
    """

    task: str
    maps: str
    people: str
    timings: list[Timing]
    ours: str = OURS


Calls = list[Callable[[], object]]


def benchmark_gog(
    scenes: Sequence[Scene], people: str, maps: str, *, size: int, rounds: int
) -> list[Measured]:
    """Time every task on some scenes.

    Args:
        scenes: Images with their people.
        people: Label of the scenes.
        maps: One of ``MAPS``; targets are timed with the first only.
        size: Edge of the square input, pixels.
        rounds: Timed rounds.

    Raises:
        DataError: If whole upsampling finds other poses than the sparse search.
    """
    codecs = {
        OURS: OffsetGuidedHeatmap((size, size)),
        OURS_44: OffsetGuidedHeatmap((size, size), limbs="coco44"),
    }
    tags = AssociativeEmbedding(
        (size, size), (size // 4, size // 4), 2, decode_keypoint_order=_ORDER
    )
    outputs = {
        name: [
            _outputs(codec, scene, maps, number) for number, scene in enumerate(scenes)
        ]
        for name, codec in {**codecs, AE: tags}.items()
    }
    measured = []
    if maps == MAPS[0]:
        targets = _target_calls({**codecs, AE_CELLS: tags}, scenes)
        measured.append(
            Measured("targets", "", people, time_in_turns(targets, rounds=rounds))
        )
    decoding = _decode_calls(codecs, tags, outputs)
    _check_same_poses(codecs[OURS], outputs[OURS])
    timings = time_in_turns(decoding, rounds=rounds)
    measured.append(Measured("decode", maps, people, timings))
    for task, calls in _part_calls(codecs, outputs).items():
        timings = time_in_turns(calls, rounds=rounds)
        measured.append(Measured(task, maps, people, timings))
    return measured


def _outputs(
    codec: OffsetGuidedHeatmap | AssociativeEmbedding,
    scene: Scene,
    maps: str,
    number: int,
) -> tuple[np.ndarray, ...]:
    """What a network would put out for a scene: responses of the kind asked for."""
    adapter = adapter_of(codec)
    responses, *others = adapter.encode(codec, scene.keypoints, scene.visible)
    rng = np.random.default_rng(number)
    if maps == "network-like":
        responses = NETWORK_LIKE.apply(responses, 4.0, rng)
        # a network has an offset everywhere, not only where it was supervised
        others = [
            np.where(np.isfinite(other), other, rng.normal(0, 20, other.shape))
            for other in others
        ]
    elif maps == "noise":
        responses = rng.random(responses.shape)
        others = [rng.normal(0, 20, other.shape) for other in others]
    return tuple(np.asarray(part, dtype=np.float32) for part in (responses, *others))


def _target_calls(codecs: dict, scenes: Sequence[Scene]) -> dict[str, Calls]:
    calls: dict[str, Calls] = {}
    for name, codec in codecs.items():
        boxes = isinstance(codec, OffsetGuidedHeatmap)
        calls[name] = [
            partial(codec.encode, scene.keypoints, np.minimum(scene.visible, 1))
            if not boxes
            else partial(codec.encode, scene.keypoints, scene.visible, scene.boxes)
            for scene in scenes
        ]
    return calls


def _decode_calls(
    codecs: dict[str, OffsetGuidedHeatmap], tags: AssociativeEmbedding, outputs: dict
) -> dict[str, Calls]:
    calls: dict[str, Calls] = {
        name: [partial(_decode, codec, maps) for maps in outputs[name]]
        for name, codec in codecs.items()
    }
    plain = codecs[OURS]
    calls[PLAIN] = [partial(_decode_plain, plain, maps) for maps in outputs[OURS]]
    decode = adapter_of(tags).decode
    calls[AE] = [partial(decode, tags, maps) for maps in outputs[AE]]
    tensors = [[torch.from_numpy(part)[None] for part in maps] for maps in outputs[AE]]
    calls[AE_CELLS] = [partial(tags.batch_decode, *maps) for maps in tensors]
    return calls


def _part_calls(
    codecs: dict[str, OffsetGuidedHeatmap], outputs: dict
) -> dict[str, dict[str, Calls]]:
    """Pairing and grouping by themselves."""
    parts: dict[str, dict[str, Calls]] = {"limbs": {}, "grouping": {}}
    for name, codec in codecs.items():
        pairing: Calls = []
        grouping: Calls = []
        for heatmaps, offsets in outputs[name]:
            peaks = codec.find_peaks(heatmaps)
            rule = (codec.limbs, codec.heatmap_stride, codec.pairing_rule)
            pairing.append(partial(find_limbs, peaks, offsets, *rule))
            found = find_limbs(peaks, offsets, *rule)
            grouping.append(partial(group_limbs, found, codec.limbs, 17))
        parts["limbs"][name], parts["grouping"][name] = pairing, grouping
    return parts


def _decode(codec: OffsetGuidedHeatmap, maps: tuple[np.ndarray, ...]) -> object:
    return codec.batch_decode(*(part[None] for part in maps))


def _decode_plain(
    codec: OffsetGuidedHeatmap, maps: tuple[np.ndarray, ...]
) -> tuple[np.ndarray, ...]:
    """Decode one image with its maps upsampled whole."""
    heatmaps, offsets = maps
    peaks = find_peaks_by_full_upsampling(
        torch.from_numpy(heatmaps),
        codec.heatmap_stride,
        codec.upsampling,
        codec.keypoint_thr,
        codec.max_peaks,
    )
    return codec.group_peaks(peaks, offsets)


def _check_same_poses(
    codec: OffsetGuidedHeatmap, outputs: list[tuple[np.ndarray, ...]]
) -> None:
    for maps in outputs:
        fast = codec.batch_decode(*(part[None] for part in maps))
        plain = _decode_plain(codec, maps)
        if not np.array_equal(fast[0][0], plain[0]):
            raise DataError(
                "the sparse search and whole upsampling find other poses",
                expected=f"the same {len(plain[0])} poses",
                got=f"{len(fast[0][0])} poses with other keypoints",
                remedy="Report these maps: speed is worth nothing before they agree",
            )
