"""One run: everything that its numbers depend on, and the key made of it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from mmsia.bench.terms import Evidence, Scale
from mmsia.files import sha256_text


@dataclass(frozen=True)
class RunSpec:
    """Everything that a run's numbers depend on.

    Attributes:
        measure: Name of the measurement in `bench.measures`.
        evidence: Its kind of proof.
        settings: The part of the config that matters.
        scale: How much of the experiment.
        seed: Of everything random.
        num_draws: Draws of the bootstrap.
        data_digest: SHA-256 of the annotations.
        sources_digest: SHA-256 of the source files that the run depends on.
        config: Where the settings came from; not part of the key.
        threads: Of its process, where the numbers depend on them.
        processes: That make it together; None: one alone. Numbers depend on it.
        start: Key of the run whose weights it starts from or evaluates.
        weights: SHA-256 of these weights, once they are there.
    """

    measure: str
    evidence: Evidence
    settings: dict[str, Any]
    scale: Scale
    seed: int
    num_draws: int
    data_digest: str
    sources_digest: str
    config: str = field(compare=False)
    threads: int | None = None
    processes: int | None = None
    start: str | None = None
    weights: str | None = None

    @property
    def key(self) -> str:
        """Name of the run's folder: a digest of every field that matters.

        Weights that are there count by their digest, whatever made them; until then
        the run that makes them stands for them. A field that is not set has no part
        in it, so that keys of earlier stores stay valid.
        """
        fields = asdict(self)
        del fields["config"]
        if self.weights is not None:
            del fields["start"]
        for name in ("threads", "processes", "start", "weights"):
            if fields.get(name, "") is None:
                del fields[name]
        return sha256_text(json.dumps(fields, sort_keys=True))[:20]

    def with_weights(self, digest: str) -> RunSpec:
        """The same run, now that its weights are known.

        Args:
            digest: SHA-256 of the weights.
        """
        return replace(self, weights=digest)
