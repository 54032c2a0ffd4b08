"""Errors of two hands' meshes (DIR), of the answer and of each estimate before it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mmsia.bench.intervals import IMAGE_SEED
from mmsia.bench.scoring.base import Scored
from mmsia.datasets.two_hands_index import TwoHandsTruth, load_two_hands
from mmsia.errors import DataError
from mmsia.evaluation.bootstrap import draw_weights
from mmsia.files import read_json
from mmsia.ops.hand_errors import HandErrors, hand_errors, joint_weights
from mmsia.ops.hand_sets import SIDES

NAME = "hand-mesh"
ANSWER = "answer"
"""Estimate whose scores have no prefix."""


@dataclass(frozen=True)
class HandMesh:
    """HandMeshError; draws are of sequences, for neighbouring frames are much alike.

    Attributes:
        root: Joint that hands are compared from.
        scale: Whether hands are scaled to the true bone from wrist to middle MCP.
        stages: Whether earlier estimates are kept and scored.
    """

    root: str = "wrist"
    scale: bool = True
    stages: bool = False

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> HandMesh:
        """As an evaluator's config or a stored run has it.

        Args:
            settings: Either of them.
        """
        from mmsia.evaluation.hand_mesh_metric import PRESETS

        chosen = {**PRESETS[settings.get("preset", "dir")]}
        chosen |= {
            name: settings[name]
            for name in ("root", "scale", "stages")
            if settings.get(name) is not None
        }
        return cls(
            str(chosen["root"]), bool(chosen["scale"]), bool(chosen.get("stages"))
        )

    def settings(self) -> dict[str, Any]:
        """See `Scoring`."""
        return {
            "name": NAME,
            "root": self.root,
            "scale": self.scale,
            "stages": self.stages,
        }

    def open(self, annotations: Path) -> TwoHandsTruth:
        """See `Scoring`."""
        return load_two_hands(annotations)

    def keep(self, evaluator: dict[str, Any], prefix: Path) -> list[Path]:
        """See `Scoring`."""
        path = prefix.with_name(f"{prefix.name}.meshes.json")
        evaluator["outfile"] = str(path)
        return [path]

    def read(self, paths: Sequence[Path]) -> list[dict[str, Any]]:
        """Hands as `HandMeshError` writes them, in order of their crops."""
        (path,) = paths
        return sorted(read_json(path), key=lambda found: found["id"])

    def score(
        self,
        truth: TwoHandsTruth,
        predictions: Sequence[Mapping[str, Any]],
        image_ids: Sequence[int],
        num_draws: int,
    ) -> Scored:
        """See `Scoring`.

        Raises:
            DataError: If a crop was not predicted, or another one was.
        """
        rows = truth.rows_of(image_ids)
        values = {
            prefix + name: each
            for prefix, errors in self.errors(truth, predictions, rows).items()
            for name, each in errors.by_image().items()
        }
        groups, index = np.unique(truth.sequences[rows], return_inverse=True)
        sizes = np.bincount(index, minlength=len(groups))
        draws = draw_weights(len(groups), num_draws, IMAGE_SEED)
        numbers = draws @ sizes
        return Scored(
            scores={name: float(each.mean()) for name, each in values.items()},
            draws={
                name: draws @ np.bincount(index, each, len(groups)) / numbers
                for name, each in values.items()
            },
            counts={
                "num_images": len(rows),
                "num_hands": 2 * len(rows),
                "num_sequences": len(groups),
            },
        )

    def errors(
        self,
        truth: TwoHandsTruth,
        predictions: Sequence[Mapping[str, Any]],
        rows: np.ndarray,
    ) -> dict[str, HandErrors]:
        """Errors of each estimate, the answer last.

        Args:
            truth: What `open` returned.
            predictions: What `read` returned.
            rows: Rows of the truth.

        Returns:
            Prefix of the scores' names -> errors, in the order of the rows.

        Raises:
            DataError: If a crop was not predicted, or another one was.
        """
        found = _in_order(truth, predictions, rows)
        names = list(found[0]["estimates"])
        weights, ids = joint_weights(truth.models), truth.ids[rows].tolist()
        return {
            "" if name == ANSWER else f"{name}/": hand_errors(
                meshes_of(found, name, truth.models),
                truth.vertices[rows],
                truth.cameras[rows],
                weights,
                root=self.root,
                scale=self.scale,
                ids=ids,
            )
            for name in names
        }


def meshes_of(
    predictions: Sequence[Mapping[str, Any]], estimate: str, models: Mapping[str, Any]
) -> np.ndarray:
    """(N, 2, 778, 3) vertices of stored hands, metres from the left root.

    In double precision, so that the same numbers come out everywhere.

    Args:
        predictions: What `HandMesh.read` returned, of one network.
        estimate: One of its estimates.
        models: "left" and "right".
    """
    import torch

    from mmsia.models.layers.hand_decoder import SPLIT
    from mmsia.ops.hand_layer import HandLayer
    from mmsia.ops.hand_rotations import rotation_from_6d

    kept = [found["estimates"][estimate] for found in predictions]
    numbers = torch.tensor([each["parameters"] for each in kept], dtype=torch.float64)
    roots = np.array([each["roots"] for each in kept])
    six, pose, shape, _ = numbers.split(SPLIT, dim=-1)
    meshes = []
    for hand, side in enumerate(SIDES):
        layer = HandLayer(
            models[side], SPLIT[1], root=predictions[0]["root"], dtype=torch.float64
        )
        rotation = rotation_from_6d(six[:, hand])
        meshes.append(layer(rotation, pose[:, hand], shape[:, hand]).vertices.numpy())
    return np.stack(meshes, axis=1) + roots[:, :, None]


def _in_order(
    truth: TwoHandsTruth, predictions: Sequence[Mapping[str, Any]], rows: np.ndarray
) -> list[Mapping[str, Any]]:
    wanted = truth.ids[rows].tolist()
    by_id = {found["id"]: found for found in predictions}
    missing, unknown = set(wanted) - set(by_id), set(by_id) - set(wanted)
    if missing or unknown or not wanted:
        raise DataError(
            "predictions of two hands",
            expected="one for each crop that was looked at, and a crop at least",
            got=f"none for {sorted(missing)[:3]}, others for {sorted(unknown)[:3]}",
        )
    return [by_id[number] for number in wanted]
