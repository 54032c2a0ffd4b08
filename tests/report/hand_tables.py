"""A table of hands with finished runs, made by hand, for the report's figures."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from mmsia.bench.scoring.crop_side_pck import CropSide
from mmsia.bench.session import RowState, TableState
from mmsia.bench.store import Store
from mmsia.bench.terms import Evidence, Reason, Scale, Status
from mmsia.bench.weights import Weights
from mmsia.files import sha256_file

NUM_HANDS = 12
PLACE = np.column_stack([20 + 2 * np.arange(21.0), 10 + 3 * np.arange(21.0)])


def hand_table(folder: Path, *, simulated: bool = True) -> tuple[TableState, Store]:
    """Rows `base` and `ours` on twelve hands; hand i of ours is i pixels off."""
    annotations = _annotations(folder / "data")
    store = Store(folder / "runs")
    _training(store)
    for row, slope in (("base", 2.0), ("ours", 1.0)):
        store.save(row, _result(), {"start": "trained"}, _predictions(row, slope))
    rows = {row: RowState(Status.DONE, (row,)) for row in ("base", "ours")}
    rows["not-run"] = RowState(Status.SKIPPED, reason=Reason.BUDGET)
    data = {
        "name": "hands",
        "subjects": "hands",
        "path": str(annotations),
        "digest": "of all files",
        "annotations_digest": sha256_file(annotations),
        "simulated": simulated,
        "num_used": NUM_HANDS,
    }
    state = TableState(
        "siagcn/table1", Evidence.TRAINING, Scale.SMOKE, 0, 2, "mmsia x", data, rows
    )
    return state, store


def _annotations(folder: Path) -> Path:
    images, hands = [], []
    for i in range(NUM_HANDS):
        name = f"imgs/{i}.png"
        images.append({"id": i, "file_name": name, "sequence": i})
        keypoints = np.column_stack([PLACE, np.ones(21)]).ravel().tolist()
        hands.append({"id": 100 + i, "image_id": i, "keypoints": keypoints})
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        pixels = np.full((90, 120), 10 * i, np.uint8)
        Image.fromarray(pixels).save(folder / name)
    path = folder / "annotations" / "hands.json"
    path.parent.mkdir()
    path.write_text(json.dumps({"images": images, "annotations": hands}))
    return path


def _training(store: Store) -> None:
    folder = store.folder / "trained"
    folder.mkdir(parents=True)
    generator = torch.Generator().manual_seed(0)
    kernels = torch.randn(2, 61, 5, 5, generator=generator)
    torch.save({"graph.layers.0.weight": kernels}, folder / "weights.pth")
    weights = Weights.of(folder / "weights.pth", folder).as_json()
    store.save("trained", {"scores": {}, "weights": weights}, {}, [])


def _result() -> dict:
    return {
        "scores": {"mpck": 50.0},
        "scoring": CropSide().settings(),
        "image_ids": list(range(NUM_HANDS)),
    }


def _predictions(row: str, slope: float) -> list[dict]:
    weights = {} if row == "base" else {"head_weights": [0.25, 0.75]}
    return [
        {
            "id": 100 + i,
            "image_id": i,
            "keypoints": (PLACE + np.array([slope * i, 0])).tolist(),
            "center": [40.0, 40.0],
            "side": 100.0,
            **weights,
        }
        for i in range(NUM_HANDS)
    ]
