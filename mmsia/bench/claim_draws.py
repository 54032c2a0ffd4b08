"""Draws of claims' effects, kept in `W/claims.json` under the runs behind them.

A report is written again from there without scoring anything twice.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from mmsia.bench.claim_effects import Effect, comparisons, measure_effect
from mmsia.bench.claims import Claim
from mmsia.bench.data import IMAGE_LIMITS
from mmsia.bench.recipe import CatalogueEntry
from mmsia.bench.session import TableState
from mmsia.bench.stats import draws_needed
from mmsia.bench.store import Store
from mmsia.datasets.coco_keypoints import CocoKeypoints, load_coco_keypoints
from mmsia.errors import DataError
from mmsia.evaluation.keypoint_matches import KeypointMatches, match_keypoints
from mmsia.files import read_json, sha256_text, write_json

SCHEMA = 1


class ClaimDraws:
    """Draws of effects, from the file of a work folder or computed and added.

    Args:
        path: `W/claims.json`.
        store: The runs.
    """

    def __init__(self, path: Path, store: Store) -> None:
        self._path, self._store = path, store
        self._known = _read(path)
        self._used: dict[str, Effect] = {}
        self._truths: dict[str, CocoKeypoints] = {}
        self._matches: dict[str, KeypointMatches] = {}

    def of(
        self, claim: Claim, entry: CatalogueEntry, state: TableState, num_claims: int
    ) -> Effect:
        """One claim's effect.

        Raises:
            DataError: If annotations or predictions are not there any more.
        """
        found = comparisons(claim.test, entry.table)
        rows = sorted({row for c in found for row in (c.first, c.second)})
        runs = {row: str(state.rows[row].run) for row in rows}
        num_draws = max(state.num_draws, draws_needed(num_claims))
        key = sha256_text(
            json.dumps([claim.test.model_dump(), runs, num_draws, state.seed])
        )
        if key not in self._known:
            matches = {row: self._match(run, state) for row, run in runs.items()}
            self._known[key] = measure_effect(
                found,
                matches,
                entry.recipe.columns,
                num_draws=num_draws,
                seed=state.seed,
            )
        self._used[key] = self._known[key]
        return self._known[key]

    def save(self) -> None:
        """Keep what was used, if anything was."""
        if self._used:
            effects = {
                key: {"value": effect.value, "draws": effect.draws.tolist()}
                for key, effect in sorted(self._used.items())
            }
            digest = sha256_text(json.dumps(effects, sort_keys=True))
            record = {"schema": SCHEMA, "effects": effects, "digest": digest}
            write_json(self._path, record)

    def _match(self, run: str, state: TableState) -> KeypointMatches:
        if run not in self._matches:
            truth = self._truth(state)
            images = truth.annotated()[: IMAGE_LIMITS.get(state.scale)]
            self._matches[run] = match_keypoints(
                truth, self._store.predictions(run), [r.image_id for r in images]
            )
        return self._matches[run]

    def _truth(self, state: TableState) -> CocoKeypoints:
        path, digest = Path(state.data["path"]), state.data["digest"]
        if digest not in self._truths:
            truth = load_coco_keypoints(path)
            if truth.digest != digest:
                raise DataError(f"{path}", expected="the annotations of the runs")
            self._truths[digest] = truth
        return self._truths[digest]


def _read(path: Path) -> dict[str, Effect]:
    """Effects kept earlier; a file that was altered or damaged is made again."""
    if not path.is_file():
        return {}
    try:
        record = read_json(path)
        effects = record["effects"]
        digest = sha256_text(json.dumps(effects, sort_keys=True))
        if (record["schema"], record["digest"]) != (SCHEMA, digest):
            return {}
        return {
            key: Effect(float(kept["value"]), np.asarray(kept["draws"], dtype=float))
            for key, kept in effects.items()
        }
    except (DataError, AttributeError, KeyError, TypeError, ValueError):
        return {}
