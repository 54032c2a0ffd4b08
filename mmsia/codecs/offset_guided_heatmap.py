"""GOG: keypoints of many people <-> Gaussian maps and guiding offsets.

Paper: "Greedy Offset-Guided Keypoint Grouping for Human Pose Estimation", Sections 2.2
to 2.4. Where paper and released code disagree, the defaults follow what the published
numbers were made with (notes, section 16) and the paper's plain reading is an option:
``offset_target``, ``pairing``, ``instance_score``. The maths lives in ``mmsia.ops``;
``mmsia.ops.grouping`` names the differences from the authors' grouping. Two more:
keypoints found in the first row or column of the image are kept, and refinement offsets
correct the reported position only.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from mmpose.codecs.base import BaseKeypointCodec
from mmpose.registry import KEYPOINT_CODECS
from torch import Tensor

from mmsia.codecs.checks import (
    box_scales,
    check_option,
    check_people,
    check_positive,
)
from mmsia.errors import ConfigError, InputError
from mmsia.ops.cells import cell_offset, map_size, quantize_to_cells
from mmsia.ops.dark import refine_dark
from mmsia.ops.gaussian_maps import encode_gaussians
from mmsia.ops.grouping import group_limbs
from mmsia.ops.limb_candidates import PairingRule, find_limbs
from mmsia.ops.limbs import Limb, get_limbs
from mmsia.ops.peaks import Peaks, find_cell_peaks, find_peaks
from mmsia.ops.vector_fields import encode_vectors, sample_field

CODEC = "OffsetGuidedHeatmap"
REFINEMENT_REGION = 3
"""Cells around a keypoint that carry its refinement offset (notes, section 13)."""

Maps = np.ndarray | Tensor


@KEYPOINT_CODECS.register_module()
class OffsetGuidedHeatmap(BaseKeypointCodec):
    """Encode and decode people with GOG's heatmaps and guiding offsets.

    Args:
        input_size: (w, h) input pixels; maps of another size can be decoded too.
        heatmap_stride: Output stride R.
        sigma: Of the Gaussian responses, input pixels.
        limbs: Name of a limb set or a list of ``(from, to)`` keypoint types.
        num_keypoints: Number K of keypoint types.
        offset_region: Edge D of the guiding offsets' region, cells.
        encoding: ``'exact'``, or ``'quantized'`` to whole cells (Table 2, ``qnt``).
        refinement: None, ``'offset'`` (Table 2, ``ro``) or ``'dark'``.
        upsampling: ``'bicubic'`` or ``'bilinear'``, used by ``'exact'`` decoding.
        offset_target: ``'pointing'`` from each cell to ``J_to`` (code), or the constant
            ``'displacement'`` from ``J_from`` to ``J_to`` (paper).
        max_peaks: k, candidates kept for each keypoint type.
        keypoint_thr: Lowest response of a candidate.
        pairing: ``'nearest'`` (code) or ``'score'`` (paper), see ``limb_candidates``.
        max_guide_error: Input pixels within which a guided point meets its partner.
        min_limb_length: Lower bound of a limb's length in its score, input pixels.
        limb_thr: Lowest score of a limb when pairing by score.
        pose_thr: Lowest mean response of the keypoints of a pose.
        instance_score: ``'sum'`` over K (code) or ``'mean'`` of those present (paper).

    Raises:
        ConfigError: An option that is not one of those above.
    """

    auxiliary_encode_keys = {"bbox"}
    field_mapping_table = dict(
        heatmaps="heatmaps",
        offsets="offsets",
        instance_scales="instance_scales",
        refinement_offsets="refinement_offsets",
        heatmap_mask="heatmap_mask",
    )

    def __init__(
        self,
        input_size: tuple[int, int] = (640, 640),
        heatmap_stride: int = 4,
        sigma: float = 7.0,
        limbs: str | Sequence[Limb] = "coco19",
        num_keypoints: int = 17,
        offset_region: int = 7,
        encoding: str = "exact",
        refinement: str | None = None,
        upsampling: str = "bicubic",
        offset_target: str = "pointing",
        max_peaks: int = 32,
        keypoint_thr: float = 0.04,
        pairing: str = "nearest",
        max_guide_error: float = 40.0,
        min_limb_length: float = 0.5,
        limb_thr: float = 0.04,
        pose_thr: float = 0.04,
        instance_score: str = "sum",
    ) -> None:
        super().__init__()
        check_option(CODEC, "encoding", encoding, ("exact", "quantized"))
        check_option(CODEC, "refinement", refinement, (None, "offset", "dark"))
        check_option(CODEC, "upsampling", upsampling, ("bicubic", "bilinear"))
        check_option(
            CODEC, "offset_target", offset_target, ("pointing", "displacement")
        )
        check_option(CODEC, "instance_score", instance_score, ("sum", "mean"))
        check_positive(
            CODEC,
            heatmap_stride=heatmap_stride,
            sigma=sigma,
            offset_region=offset_region,
            max_peaks=max_peaks,
            keypoint_thr=keypoint_thr,
        )
        self.input_size = tuple(input_size)
        self.map_size = map_size(self.input_size, heatmap_stride)
        self.heatmap_stride = heatmap_stride
        self.sigma = sigma
        self.limbs = get_limbs(limbs)
        self.num_keypoints = num_keypoints
        if self.limbs.max() >= num_keypoints:
            raise ConfigError(
                "limbs name a keypoint type that does not exist",
                expected=f"types below num_keypoints={num_keypoints}",
                got=str(int(self.limbs.max())),
            )
        self.offset_region = offset_region
        self.encoding = encoding
        self.refinement = refinement
        self.upsampling = upsampling
        self.offset_target = offset_target
        self.max_peaks = max_peaks
        self.keypoint_thr = keypoint_thr
        self.pairing_rule = PairingRule(
            pairing, max_guide_error, min_limb_length, limb_thr
        )
        self.pose_thr = pose_thr
        self.instance_score = instance_score

    @property
    def num_limbs(self) -> int:
        """Number L of limb types."""
        return len(self.limbs)

    def encode(
        self,
        keypoints: np.ndarray,
        keypoints_visible: np.ndarray | None = None,
        bbox: np.ndarray | None = None,
    ) -> dict[str, np.ndarray]:
        """Draw the training targets of one image.

        Args:
            keypoints: (N, K, 2) input pixels, xy; N may be 0.
            keypoints_visible: (N, K), above 0 where annotated; None means all are.
            bbox: (N, 4) xyxy or (N, 4, 2) corners, input pixels; the root of its area
                is the person's scale. None draws no scales.

        Returns:
            ``heatmaps`` (K, h, w) in [0, 1]; ``offsets`` (2L, h, w) input pixels, +inf
            where unsupervised; ``instance_scales`` (L, h, w) input pixels, 1 where
            unsupervised (only with ``bbox``); ``refinement_offsets`` (2, h, w) input
            pixels, +inf where unsupervised (only with ``refinement='offset'``). All
            float32.

        Raises:
            InputError: Wrong shapes, or annotated keypoints that are not finite.
        """
        visible = check_people(keypoints, keypoints_visible, self.num_keypoints)
        places = keypoints
        if self.encoding == "quantized":
            places = quantize_to_cells(keypoints, self.heatmap_stride)
        encoded = {
            "heatmaps": encode_gaussians(
                places, visible, self.map_size, self.heatmap_stride, self.sigma
            )
        }
        encoded.update(self._encode_offsets(keypoints, visible, bbox))
        if self.refinement == "offset":
            encoded["refinement_offsets"] = self._encode_refinement(keypoints, visible)
        return encoded

    def _encode_offsets(
        self, keypoints: np.ndarray, visible: np.ndarray, bbox: np.ndarray | None
    ) -> dict[str, np.ndarray]:
        """Guiding offsets and, if boxes are given, the scales to normalise them by."""
        both = visible[:, self.limbs[:, 0]] & visible[:, self.limbs[:, 1]]
        person, limb = np.nonzero(both)
        scales = None
        if bbox is not None:
            scales = box_scales(bbox, len(keypoints))[person]
        offsets, instance_scales = encode_vectors(
            keypoints[person, self.limbs[limb, 0]],
            keypoints[person, self.limbs[limb, 1]],
            limb,
            self.num_limbs,
            self.map_size,
            self.heatmap_stride,
            self.offset_region,
            scales=scales,
            constant=self.offset_target == "displacement",
        )
        if instance_scales is None:
            return {"offsets": offsets}
        return {"offsets": offsets, "instance_scales": instance_scales}

    def _encode_refinement(
        self, keypoints: np.ndarray, visible: np.ndarray
    ) -> np.ndarray:
        """Offsets from cells to the keypoint they belong to, one field for all types.

        # paper silent: with quantized encoding only the keypoint's own cell has one.
        """
        targets = keypoints[visible]
        sources, region = targets, REFINEMENT_REGION
        if self.encoding == "quantized":
            # one cell around its exact middle is the cell floor(p / R)
            stride = self.heatmap_stride
            sources, region = (np.floor(targets / stride) + 0.5) * stride, 1
        channels = np.zeros(len(targets), dtype=np.int64)
        field, _ = encode_vectors(
            sources, targets, channels, 1, self.map_size, self.heatmap_stride, region
        )
        return field

    def decode(self, encoded: dict[str, Maps]) -> tuple[np.ndarray, np.ndarray]:
        """Find the people in the maps of one image.

        Args:
            encoded: ``heatmaps`` (K, h, w), ``offsets`` (2L, h, w) and, with
                ``refinement='offset'``, ``refinement_offsets`` (2, h, w).

        Returns:
            (M, K, 2) keypoints in input pixels and (M, K) scores, see ``batch_decode``.
        """
        refinement = encoded.get("refinement_offsets")
        keypoints, scores, _ = self._decode_image(
            encoded["heatmaps"], encoded["offsets"], refinement
        )
        return keypoints, scores

    def batch_decode(
        self, heatmaps: Maps, offsets: Maps, refinement_offsets: Maps | None = None
    ) -> tuple[list[np.ndarray], list[np.ndarray], list[np.ndarray]]:
        """Find the people in the maps of a batch, on the CPU or a GPU.

        Args:
            heatmaps: (B, K, h, w).
            offsets: (B, 2L, h, w) input pixels.
            refinement_offsets: (B, 2, h, w) input pixels.

        Returns:
            Three lists of B arrays: (M, K, 2) keypoints in input pixels, 0 where
            missing; (M, K) their responses, 0 where missing; (M,) scores of the
            people, falling.

        Raises:
            InputError: Maps that do not fit the codec, or that are not finite.
        """
        if refinement_offsets is None:
            refinement_offsets = [None] * len(heatmaps)
        decoded = [
            self._decode_image(*maps)
            for maps in zip(heatmaps, offsets, refinement_offsets, strict=True)
        ]
        keypoints, scores, instance_scores = zip(*decoded, strict=True)
        return list(keypoints), list(scores), list(instance_scores)

    def _decode_image(
        self, heatmaps: Maps, offsets: Maps, refinement_offsets: Maps | None
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        self._check_maps(heatmaps, offsets, refinement_offsets)
        return self.group_peaks(self.find_peaks(heatmaps), offsets, refinement_offsets)

    def group_peaks(
        self, peaks: Peaks, offsets: Maps, refinement_offsets: Maps | None = None
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Assemble the peaks of one image into people.

        Args:
            peaks: Of the K heatmaps.
            offsets: (2L, h, w) input pixels.
            refinement_offsets: (2, h, w) input pixels.

        Returns:
            (M, K, 2) keypoints, (M, K) responses, (M,) scores, see ``batch_decode``.
        """
        stride = self.heatmap_stride
        candidates = find_limbs(peaks, offsets, self.limbs, stride, self.pairing_rule)
        poses = group_limbs(candidates, self.limbs, self.num_keypoints)
        present = poses >= 0
        kind = np.broadcast_to(np.arange(self.num_keypoints), poses.shape)[present]
        keypoints = np.zeros((*poses.shape, 2), dtype=np.float32)
        scores = np.zeros(poses.shape, dtype=np.float32)
        position = peaks.xy[kind, poses[present]]
        keypoints[present] = self._final_position(position, refinement_offsets)
        scores[present] = peaks.scores[kind, poses[present]]
        return self._rank(keypoints, scores, present)

    def find_peaks(self, heatmaps: Maps) -> Peaks:
        """Find the candidates of every keypoint type in one image.

        Args:
            heatmaps: (K, h, w).

        Returns:
            At most ``max_peaks`` of each type, by this codec's decoding.
        """
        stride, threshold = self.heatmap_stride, self.keypoint_thr
        if self.encoding == "exact" and self.refinement != "dark":
            return find_peaks(
                heatmaps, stride, self.upsampling, threshold, self.max_peaks
            )
        peaks = find_cell_peaks(heatmaps, stride, threshold, self.max_peaks)
        if self.refinement != "dark":
            return peaks
        if isinstance(heatmaps, Tensor):
            heatmaps = heatmaps.float().cpu().numpy()
        # MMPose's rule: the blur spans as much as the Gaussian does
        blur = 2 * round(3 * self.sigma / stride) + 1
        return refine_dark(heatmaps, peaks, stride, blur)

    def _final_position(
        self, position: np.ndarray, refinement_offsets: Maps | None
    ) -> np.ndarray:
        """Positions to report for grouped peaks (n, 2)."""
        if self.refinement == "offset" and refinement_offsets is not None:
            channels = np.zeros(len(position), dtype=np.int64)
            shift = sample_field(
                refinement_offsets, channels, position, self.heatmap_stride
            )
            return position + np.where(np.isfinite(shift), shift, 0)
        if self.encoding == "quantized" and self.refinement is None:
            # paper silent: CenterNet's cell index times R, half-pixel ignored
            return position - np.float32(cell_offset(self.heatmap_stride))
        return position

    def _rank(
        self, keypoints: np.ndarray, scores: np.ndarray, present: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Drop poses of low mean response and sort the others by their score."""
        total = scores.sum(axis=1)
        mean = total / np.maximum(present.sum(axis=1), 1)
        score = mean if self.instance_score == "mean" else total / self.num_keypoints
        kept = np.flatnonzero(mean >= self.pose_thr)
        order = kept[np.argsort(-score[kept], kind="stable")]
        return keypoints[order], scores[order], score[order]

    def _check_maps(
        self, heatmaps: Maps, offsets: Maps, refinement_offsets: Maps | None
    ) -> None:
        """Check that the maps of one image fit this codec.

        Raises:
            InputError: They do not, or responses are not finite.
        """
        expected = {"heatmaps": (heatmaps, self.num_keypoints)}
        expected["offsets"] = (offsets, 2 * self.num_limbs)
        if self.refinement == "offset":
            if refinement_offsets is None:
                raise InputError(
                    "refinement='offset' needs refinement_offsets",
                    expected="maps (2, h, w)",
                    got="None",
                )
            expected["refinement_offsets"] = (refinement_offsets, 2)
        for name, (maps, channels) in expected.items():
            if tuple(maps.shape) != (channels, *heatmaps.shape[-2:]):
                raise InputError(
                    f"{name} do not fit the codec",
                    expected=f"({channels}, {', '.join(map(str, heatmaps.shape[-2:]))})"
                    f" for {self.num_keypoints} keypoints and {self.num_limbs} limbs",
                    got=str(tuple(maps.shape)),
                    remedy="The head's limbs and the codec's must be the same",
                )
        # a sum over whole maps in half precision would overflow
        single = torch.float32 if isinstance(heatmaps, Tensor) else np.float32
        if not np.isfinite(float(heatmaps.sum(dtype=single))):
            raise InputError(
                "heatmaps are not finite",
                expected="finite responses",
                got="NaN or inf",
                remedy="Look for a diverged training or a half-precision overflow",
            )
