"""Networks beside MMPose's and torchvision's: time, and peak memory of a process each.

Peers have the same task and input, not the same design: a reason says what ours
computes besides, where it takes longer.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial

import torch

from mmsia.bench.speed.device import GPU, device_here
from mmsia.bench.speed.network_calls import (
    KEYPOINT_RCNN,
    NUM_BOXES,
    STEPS,
    Network,
    Task,
    network_call,
)
from mmsia.bench.speed.record import Case, Record, Setting, measure
from mmsia.bench.speed.resident import peak_megabytes

COMPONENT = "models"
_MEBIBYTE = 2**20
_BODY = "mmpose::body_2d_keypoint/"
_TOPDOWN = f"{_BODY}topdown_heatmap/coco/td-hm_"
_PEOPLE = {
    "MMPose SimpleBaseline-R50": Network(f"{_TOPDOWN}res50_8xb64-210e_coco-256x192.py"),
    "MMPose HRNet-W32": Network(f"{_TOPDOWN}hrnet-w32_8xb64-210e_coco-256x192.py"),
}


@dataclass(frozen=True)
class Contest:
    """One network of ours and its peers.

    Attributes:
        name: What they do.
        size: (w, h) of the images, pixels.
        networks: By name, ours first.
        reason: What ours computes besides.
    """

    name: str
    size: tuple[int, int]
    networks: Mapping[str, Network]
    reason: str = ""


CONTESTS = (
    Contest(
        "CGANet's separated network, a crop",
        (192, 256),
        {"mmsia TNet-D3W64": Network("cganet/separated_256x192_d3w64"), **_PEOPLE},
        "by design between the two: more multiply-adds than SimpleBaseline, at a "
        "stride of 4 from end to end",
    ),
    Contest(
        "KLPNet's keypoints, a crop",
        (192, 256),
        {
            "mmsia CKLM, 3 stages": Network("klpnet/cklm_coco_256x192_3stages"),
            **_PEOPLE,
        },
        "three stages, each a ResNeXt-50 with its own way up, where a peer is one",
    ),
    Contest(
        "SIA-GCN on eight hourglasses, a hand",
        (256, 256),
        {
            "mmsia SiaPose, 10 heads": Network("siagcn/siagcn_shg_panoptic_10-head"),
            "mmsia eight hourglasses alone": Network(
                "siagcn/siagcn_shg_panoptic_baseline"
            ),
            "MMPose Hourglass-52, one": Network(
                f"{_TOPDOWN}hourglass52_8xb32-210e_coco-256x256.py"
            ),
        },
        "ten heads of the graph and a pointer network behind the same hourglasses, of "
        "which the peer of MMPose has one",
    ),
    Contest(
        "SIA-GCN on CPM, a hand",
        (256, 256),
        {
            "mmsia SiaPose on CPM, 10 heads": Network(
                "siagcn/siagcn_cpm-3x3_panoptic_10-head"
            ),
            "MMPose CPM": Network(f"{_TOPDOWN}cpm_8xb64-210e_coco-256x192.py"),
        },
        "features of VGG-19, not CPM's five convolutions, ten heads of the graph and a "
        "pointer network",
    ),
    Contest(
        "GOG, an image",
        (256, 256),
        {
            "mmsia GOG, Hourglass-104": Network("gog/gog_hg104_coco19_640_noflip"),
            "MMPose AE, HRNet-W32": Network(
                f"{_BODY}associative_embedding/coco/"
                "ae_hrnet-w32_8xb24-300e_coco-512x512.py"
            ),
        },
        "the paper's backbone has six times the parameters of the peer's",
    ),
    Contest(
        f"CGANet, an image of {NUM_BOXES} boxes",
        (384, 384),
        {
            "mmsia CGANet, TNet-D1W64": Network("cganet/cganet_384_d1w64_guider"),
            KEYPOINT_RCNN: Network(KEYPOINT_RCNN),
        },
    ),
    Contest(
        "DIR, two hands",
        (256, 256),
        {
            "mmsia DIR": Network("dir/dir_interhand_256"),
            "MMPose InterNet-R50": Network(
                "mmpose::hand_3d_keypoint/internet/interhand3d/"
                "internet_res50_4xb16-20e_interhand3d-256x256.py"
            ),
        },
        "its first guess alone, two 3 x 3 convolutions from 2048 to 1024 channels, is "
        "three tenths of the forward pass; two stages of meshes and auxiliary maps "
        "follow, where the peer has heatmaps of joints",
    ),
)


def measure_all(setting: Setting) -> Iterator[Record]:
    """Measure every contest, forward and backward.

    Args:
        setting: How long.
    """
    kind = device_here()["kind"]
    for contest in CONTESTS:
        for step in STEPS:
            yield measure(contest_case(contest, step, kind, setting), setting)


def contest_case(contest: Contest, step: str, kind: str, setting: Setting) -> Case:
    """A contest's networks, built.

    Args:
        contest: The networks.
        step: What they do.
        kind: Device.
        setting: Its threads go to the processes that measure memory.
    """
    task = Task(contest.size, step, kind)
    calls = {
        name: [network_call(network, task)]
        for name, network in contest.networks.items()
    }
    width, height = contest.size
    return Case(
        COMPONENT,
        f"{contest.name}, {width} x {height}, {step}",
        calls,
        reason=contest.reason,
        kind=kind,
        memory=partial(_peaks, contest.networks, task, setting.threads),
    )


def _peaks(
    networks: Mapping[str, Network], task: Task, threads: int
) -> dict[str, float | None]:
    """Peak of each network: on the device, or of a process of its own."""
    if task.kind == GPU:
        return {name: _device_peak(network, task) for name, network in networks.items()}
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["mmsia.all"])
    found = {}
    for name, network in networks.items():
        with ProcessPoolExecutor(1, mp_context=context) as pool:
            found[name] = pool.submit(_resident_peak, network, task, threads).result()
    return found


def _resident_peak(network: Network, task: Task, threads: int) -> float | None:
    """Weights, maps and gradients: all that the network takes above the libraries."""
    import mmsia.all  # noqa: F401, registers all parts

    torch.set_num_threads(threads)
    # Libraries take memory of their own at their first use.
    torch.nn.Conv2d(3, 3, 3)(torch.rand(1, 3, 8, 8)).sum().backward()
    return peak_megabytes(lambda: network_call(network, task)())


def _device_peak(network: Network, task: Task) -> float:
    torch.cuda.empty_cache()
    before = torch.cuda.memory_allocated()
    torch.cuda.reset_peak_memory_stats()
    network_call(network, task)()
    torch.cuda.synchronize()
    return float((torch.cuda.max_memory_allocated() - before) / _MEBIBYTE)
