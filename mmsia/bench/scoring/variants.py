"""Several settings of one network, tested together, as the scores of one run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mmsia.bench.scoring.base import Scored, Scoring

NAME = "variants"


@dataclass(frozen=True)
class Variants:
    """Scores of another scoring, once for each variant: `ap@thre-0.08`.

    Attributes:
        inner: What each variant is scored by.
        names: The variants, as `VariantTestLoop` has them.
    """

    inner: Scoring
    names: tuple[str, ...]

    def settings(self) -> dict[str, Any]:
        """See `Scoring`."""
        return {
            "name": NAME,
            "inner": self.inner.settings(),
            "variants": list(self.names),
        }

    def open(self, annotations: Path) -> Any:
        """See `Scoring`."""
        return self.inner.open(annotations)

    def keep(self, evaluator: dict[str, Any], prefix: Path) -> list[Path]:
        """See `Scoring`; the loop gives each variant its part of the evaluator."""
        parts = {name: dict(evaluator) for name in self.names}
        files = [
            file
            for name, part in parts.items()
            for file in self.inner.keep(part, prefix.with_name(f"{prefix.name}-{name}"))
        ]
        evaluator["variants"] = parts
        return files

    def read(self, paths: Sequence[Path]) -> list[dict[str, Any]]:
        """Predictions of all variants, each with the name of its own."""
        each = len(paths) // len(self.names)
        return [
            {"variant": name, **prediction}
            for number, name in enumerate(self.names)
            for prediction in self.inner.read(
                paths[number * each : (number + 1) * each]
            )
        ]

    def score(
        self,
        truth: Any,
        predictions: Sequence[Mapping[str, Any]],
        image_ids: Sequence[int],
        num_draws: int,
    ) -> Scored:
        """See `Scoring`; the counts are those of the first variant."""
        found: dict[str, Scored] = {}
        for name in self.names:
            own = [
                {key: value for key, value in each.items() if key != "variant"}
                for each in predictions
                if each["variant"] == name
            ]
            found[name] = self.inner.score(truth, own, image_ids, num_draws)
        return Scored(
            scores={
                f"{key}@{name}": value
                for name, scored in found.items()
                for key, value in scored.scores.items()
            },
            draws={
                f"{key}@{name}": draws
                for name, scored in found.items()
                for key, draws in scored.draws.items()
            },
            counts=found[self.names[0]].counts,
        )
