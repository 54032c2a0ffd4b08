"""MMPose's visualizer for two hands: their meshes, not their keypoints."""

from __future__ import annotations

from typing import Any

import numpy as np
from mmengine.structures import InstanceData
from mmpose.registry import VISUALIZERS
from mmpose.structures import PoseDataSample
from mmpose.visualization import PoseLocalVisualizer

from mmsia.datasets.hand_models import read_hands
from mmsia.errors import InputError
from mmsia.ops.hand_sets import SIDES
from mmsia.visualization.hand_meshes import draw_views


@VISUALIZERS.register_module()
class HandMeshVisualizer(PoseLocalVisualizer):
    """Draws both hands over the crop, and beside it from a second view.

    Works with the samples that DIR predicts and TwoHandsDataset gives, and with
    MMPose's PoseVisualizationHook. A sample without meshes leaves the image as it is.

    Args:
        name: Of this visualizer; MMEngine asks for it.
        hands: Folder of MANO's converted files, for the faces; the stand-in hand if
            None.
        opacity: Of the hands over the image, 0 to 1.
        **options: As PoseLocalVisualizer.
    """

    def __init__(
        self,
        name: str = "visualizer",
        hands: str | None = None,
        opacity: float = 0.6,
        **options: Any,
    ) -> None:
        super().__init__(name=name, **options)
        models = read_hands(hands)
        self.faces = np.stack([np.asarray(models[side].f, np.int64) for side in SIDES])
        self.opacity = opacity

    def add_datasample(
        self,
        name: str,
        image: np.ndarray,
        data_sample: PoseDataSample,
        *args: Any,
        **options: Any,
    ) -> np.ndarray:
        """Draw a sample.

        Args:
            name: Of the picture.
            image: (S, S, 3) uint8 RGB, the crop.
            data_sample: With `pred_instances` as DIR's `predict` gives them, or with
                `gt_instances.vertices` and `camera`, or both.
            *args: As PoseLocalVisualizer.
            **options: As PoseLocalVisualizer.

        Raises:
            InputError: Meshes that cannot be drawn, or no square image.
        """
        drawn = PoseDataSample(metainfo=data_sample.metainfo)
        for field, place in (
            ("gt_instances", _true_pixels),
            ("pred_instances", _found_pixels),
        ):
            meshes = data_sample.get(field)
            if meshes is not None and len(meshes) and "vertices" in meshes:
                pixels = place(meshes, data_sample, image)
                placed = InstanceData(vertices=_array(meshes.vertices), pixels=pixels)
                drawn.set_data({field: placed})
        return super().add_datasample(name, image, drawn, *args, **options)

    def _draw_instances_kpts(
        self,
        image: np.ndarray,
        instances: InstanceData,
        kpt_thr: float = 0.3,
        show_kpt_idx: bool = False,
        skeleton_style: str = "mmpose",
    ) -> np.ndarray:
        return draw_views(
            image, instances.vertices, instances.pixels, self.faces, self.opacity
        )


def _found_pixels(
    meshes: InstanceData, sample: PoseDataSample, image: np.ndarray
) -> np.ndarray:
    """Each hand by its own camera, from its own root; see `hand_sets.project`."""
    missing = [name for name in ("roots", "camera") if name not in meshes]
    height, width = image.shape[:2]
    if missing or height != width:
        raise InputError(
            f"predicted hands of image {sample.get('id')}",
            expected="vertices, roots and camera, in a square image",
            got=f"no {' and no '.join(missing)}" if missing else f"{width} x {height}",
            remedy="DIR's `predict` gives them, of crops of the network's own size.",
        )
    own = _array(meshes.vertices) - _array(meshes.roots)[:, None]
    scale, shift = np.split(_array(meshes.camera)[:, None], [1], axis=-1)
    return (scale * own[..., :2] + shift + 1) * (width / 2)


def _true_pixels(
    meshes: InstanceData, sample: PoseDataSample, image: np.ndarray
) -> np.ndarray:
    """Both hands by the crop's camera."""
    camera = _array(sample.get("camera", ()))
    vertices = _array(meshes.vertices)
    if camera.shape != (3, 3) or not (vertices[..., 2] > 0).all():
        raise InputError(
            f"true hands of image {sample.get('id')}",
            expected="before a camera of shape (3, 3)",
            got="hands that are behind it"
            if camera.shape == (3, 3)
            else f"a camera of shape {camera.shape}",
        )
    return (vertices / vertices[..., 2:]) @ camera[:2].T


def _array(values: Any) -> np.ndarray:
    """float64, also of tensors on a GPU or in half precision."""
    values = values.detach().double().cpu() if hasattr(values, "detach") else values
    return np.asarray(values, dtype=np.float64)
