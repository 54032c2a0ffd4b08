"""How hard simulated data is for a plain baseline: SimpleBaseline on cropped subjects.

Presets are judged by this absolute score alone, before any of the papers' methods meets
them, and then frozen. SimpleBaseline (Xiao et al., 2018: a ResNet and three
deconvolutions) is built from MMPose's parts; it sees the square around a subject's true
keypoints and predicts heatmaps of a quarter of the crop. The score is PCK at 5 % of the
crop's edge over annotated keypoints; the ceiling is that of true heatmaps, decoded the
same way. Trained for too few steps, a baseline tells of the budget and not of the
preset; therefore the score is taken on the way, too, and nothing is chosen by it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from mmsia.datasets.simulated.families import load_family
from mmsia.datasets.simulated.presets import Preset, find_preset

if TYPE_CHECKING:
    import torch

THRESHOLD = 0.05
_MARGIN = 1.25
_FEWEST = 4
_TEST_SEED = 1
_LOOKS = 10
_TURN = 40.0
_SCALE = (0.7, 1.3)


@dataclass(frozen=True)
class Setting:
    """What the baseline is.

    Attributes:
        depth: Of the ResNet.
        size: Edge of the crop, pixels.
        steps: Of training.
        batch: Crops a step.
        train_crops: Different crops to train on.
        test_crops: Crops to test on.
        device: Such as `cpu` or `cuda`.
        bfloat16: Convolve in bfloat16, about twice as fast on processors that have it.
    """

    depth: int = 50
    size: int = 256
    steps: int = 4000
    batch: int = 32
    train_crops: int = 12000
    test_crops: int = 600
    device: str = "cpu"
    bfloat16: bool = False


@dataclass(frozen=True)
class Calibration:
    """What a baseline reached.

    Attributes:
        family: Name of the family.
        preset: Name and version of the preset.
        score: PCK of the baseline, percent.
        ceiling: PCK of true heatmaps, percent.
        mean_pose: PCK of the mean place of each keypoint, percent.
        curve: (step, PCK) on the way, ten times, on the first half of the test crops.
    """

    family: str
    preset: str
    score: float
    ceiling: float
    mean_pose: float
    curve: tuple[tuple[int, float], ...]


@dataclass(frozen=True)
class Crop:
    """A subject on its own.

    Attributes:
        image: (size, size, 3) uint8 BGR.
        keypoints: (K, 2) pixels of the crop.
        known: (K,) whether a keypoint is annotated.
    """

    image: np.ndarray
    keypoints: np.ndarray
    known: np.ndarray


def calibrate(
    family: str,
    preset: str,
    setting: Setting,
    on_step: Callable[[int, int, float], None] = lambda step, steps, loss: None,
) -> Calibration:
    """Train the baseline on a preset and test it on other images of it.

    Args:
        family: Name of the family.
        preset: Name of the preset.
        setting: What the baseline is.
        on_step: Told of step, steps in all, and loss.
    """
    chosen = find_preset(load_family(family).presets, preset)
    train, test = (
        list(islice(crops(family, chosen, setting.size, seed), number))
        for seed, number in (
            (0, setting.train_crops),
            (_TEST_SEED, setting.test_crops),
        )
    )
    return judge(family, f"{preset} v{chosen.version}", train, test, setting, on_step)


def judge(
    family: str,
    preset: str,
    train: list[Crop],
    test: list[Crop],
    setting: Setting,
    on_step: Callable[[int, int, float], None] = lambda step, steps, loss: None,
) -> Calibration:
    """Train the baseline on some crops and test it on others; see `calibrate`.

    Args:
        family: Name of the family.
        preset: Name and version of the preset.
        train: Crops to train on.
        test: Crops to test on.
        setting: What the baseline is.
        on_step: Told of step, steps in all, and loss.
    """
    import torch

    torch.manual_seed(0)
    network = Baseline(len(train[0].keypoints), setting)
    curve: list[tuple[int, float]] = []
    some = test[: (len(test) + 1) // 2]

    def watch(step: int, steps: int, loss: float) -> None:
        on_step(step, steps, loss)
        if step % max(1, steps // _LOOKS) == 0:
            curve.append((step, pck(network.predict(some), some, setting.size)))

    network.train(train, watch)
    known = np.stack([crop.known for crop in train])
    places = np.stack([crop.keypoints for crop in train])
    mean = np.where(known[..., None], places, 0).sum(0)
    mean = mean / np.maximum(known.sum(0), 1)[:, None]
    return Calibration(
        family=family,
        preset=preset,
        score=pck(network.predict(test), test, setting.size),
        ceiling=pck(network.decode_truth(test), test, setting.size),
        mean_pose=pck([mean] * len(test), test, setting.size),
        curve=tuple(curve),
    )


def crops(family: str, preset: Preset, size: int, seed: int) -> Iterator[Crop]:
    """Subjects of a family one by one, without end.

    Subjects with few keypoints in the image are left out; objects have a channel for
    each keypoint of each category.

    Args:
        family: Name of the family.
        preset: How hard.
        size: Edge of the crop, pixels.
        seed: Of the images.
    """
    made = load_family(family)
    step = getattr(preset, "frames", 1)
    index = 0
    while True:
        sample = made.sample(seed, index * step, preset)
        for image, keypoints, known in _subjects(family, made.picture, sample):
            if known.sum() >= _FEWEST:
                yield _cut(image, keypoints, known, size)
        index += 1


def _subjects(
    family: str, picture: Callable[[Any], Any], sample: Any
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """(image, keypoints, known) of each subject of a sample."""
    if family == "objects":
        yield from _objects(sample)
        return
    shown = picture(sample)
    if family == "twohands":
        points, flags = shown.keypoints.reshape(-1, 2), shown.visible.ravel()
        yield shown.image, points, flags > 0
        return
    for points, flags in zip(shown.keypoints, shown.visible, strict=True):
        yield shown.image, points, flags > 0


def _objects(sample: Any) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    from mmsia.datasets.simulated.objects_categories import CATEGORIES
    from mmsia.datasets.simulated.objects_scene import TRUNCATED

    starts, total = {}, 0
    for name, category in CATEGORIES.items():
        starts[name] = total
        total += len(category.keypoints)
    for thing in sample.things:
        points, known = np.zeros((total, 2)), np.zeros(total, dtype=bool)
        start = starts[thing.category.name]
        own = slice(start, start + len(thing.keypoints))
        points[own], known[own] = thing.keypoints, thing.status != TRUNCATED
        yield sample.image, points, known


def _cut(image: np.ndarray, points: np.ndarray, known: np.ndarray, size: int) -> Crop:
    """The square around the known keypoints, with a margin."""
    low, high = points[known].min(axis=0), points[known].max(axis=0)
    scale = size / (_MARGIN * max(float((high - low).max()), 1.0))
    shift = (size - 1) / 2 - scale * (low + high) / 2
    way = np.array([[scale, 0, shift[0]], [0, scale, shift[1]]])
    cut = cv2.warpAffine(image, way, (size, size), flags=cv2.INTER_LINEAR)
    return Crop(cut, points * scale + shift, known)


def _turned(crop: Crop, rng: np.random.Generator) -> Crop:
    """The crop turned and scaled at random; keypoints that leave it are not known."""
    size = len(crop.image)
    middle = ((size - 1) / 2,) * 2
    turn, scale = rng.uniform(-_TURN, _TURN), rng.uniform(*_SCALE)
    way = cv2.getRotationMatrix2D(middle, turn, scale)
    image = cv2.warpAffine(crop.image, way, (size, size), flags=cv2.INTER_LINEAR)
    points = crop.keypoints @ way[:, :2].T + way[:, 2]
    inside = ((points >= 0) & (points <= size - 1)).all(axis=-1)
    return Crop(image, points, crop.known & inside)


def pck(found: Any, test: list[Crop], size: int) -> float:
    """Percent of the known keypoints of some crops that were found.

    Args:
        found: (K, 2) places for each crop.
        test: The crops.
        size: Their edge, pixels.
    """
    near = [
        (np.linalg.norm(places - crop.keypoints, axis=-1) < THRESHOLD * size)[
            crop.known
        ]
        for places, crop in zip(found, test, strict=True)
    ]
    return 100 * float(np.concatenate(near).mean())


def _initialize(part: Any) -> None:
    """Give a part its own initial weights; MMEngine would print every one's origin."""
    from mmengine.logging import MMLogger

    logger = MMLogger.get_current_instance()
    level = logger.level
    logger.setLevel("WARNING")
    part.init_weights()
    logger.setLevel(level)


class Baseline:
    """SimpleBaseline of MMPose's parts, trained by the plainest loop.

    Args:
        num_keypoints: Channels of its heatmaps.
        setting: Its size and schedule.
    """

    def __init__(self, num_keypoints: int, setting: Setting) -> None:
        import torch
        from mmengine.registry import init_default_scope
        from mmpose.registry import KEYPOINT_CODECS, MODELS

        init_default_scope("mmpose")
        self._setting = setting
        edge = setting.size // 4
        self._codec = KEYPOINT_CODECS.build(
            {
                "type": "MSRAHeatmap",
                "input_size": (setting.size, setting.size),
                "heatmap_size": (edge, edge),
                # As MMPose: 2 for maps of 64 cells; below one, hardly any cell counts.
                "sigma": max(1.0, edge / 32),
            }
        )
        backbone = MODELS.build({"type": "ResNet", "depth": setting.depth})
        head = MODELS.build(
            {
                "type": "HeatmapHead",
                "in_channels": 512 if setting.depth < 50 else 2048,
                "out_channels": num_keypoints,
                "loss": {"type": "KeypointMSELoss", "use_target_weight": True},
            }
        )
        # Until they are asked, MMPose's layers have PyTorch's initial weights, whose
        # maps are far from zero; from there the network stayed at a map of zeros.
        _initialize(backbone)
        _initialize(head)
        parts: Any = torch.nn.ModuleList([backbone, head])
        self._network = parts.to(setting.device, memory_format=torch.channels_last)

    def train(
        self, data: list[Crop], on_step: Callable[[int, int, float], None]
    ) -> None:
        """Train on some crops.

        Args:
            data: The crops.
            on_step: Told of step, steps in all, and loss.
        """
        import torch

        setting = self._setting
        optimizer = torch.optim.Adam(self._network.parameters(), 1e-3)
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimizer, 1e-3, total_steps=setting.steps
        )
        rng = np.random.default_rng(0)
        for step in range(setting.steps):
            self._network.train()
            chosen = [
                _turned(data[i], rng)
                for i in rng.integers(len(data), size=setting.batch)
            ]
            targets = [self._encode(crop) for crop in chosen]
            maps, weights = (
                torch.from_numpy(np.stack(part)).to(setting.device)
                for part in zip(*targets, strict=True)
            )
            # Keypoints that are not annotated weigh nothing.
            loss = self._network[1].loss_module(self._maps(chosen), maps, weights)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            on_step(step + 1, setting.steps, float(loss.detach()))

    def predict(self, data: list[Crop]) -> list[np.ndarray]:
        """(K, 2) pixels for each crop."""
        import torch

        self._network.eval()
        found: list[np.ndarray] = []
        with torch.no_grad():
            for start in range(0, len(data), self._setting.batch):
                batch = data[start : start + self._setting.batch]
                maps = self._maps(batch).cpu().numpy()
                found += [self._codec.decode(m)[0][0] for m in maps]
        return found

    def decode_truth(self, data: list[Crop]) -> list[np.ndarray]:
        """(K, 2) pixels for each crop, from its true heatmaps."""
        return [self._codec.decode(self._encode(crop)[0])[0][0] for crop in data]

    def _encode(self, crop: Crop) -> tuple[np.ndarray, np.ndarray]:
        encoded = self._codec.encode(
            crop.keypoints[None].astype(np.float32),
            crop.known[None].astype(np.float32),
        )
        return encoded["heatmaps"], encoded["keypoint_weights"][0].astype(np.float32)

    def _maps(self, batch: list[Crop]) -> torch.Tensor:
        """(N, K, size / 4, size / 4) float32 heatmaps of some crops."""
        import torch

        setting = self._setting
        images = torch.from_numpy(np.stack([crop.image for crop in batch]))
        # A transposed view of (N, H, W, C) is what channels_last means.
        pixels = images.permute(0, 3, 1, 2).to(setting.device).float()
        kind = setting.device.split(":")[0]
        with torch.autocast(kind, torch.bfloat16, enabled=setting.bfloat16):
            maps = self._network[1](self._network[0]((pixels - 120.0) / 58.0))
        return maps.float()
