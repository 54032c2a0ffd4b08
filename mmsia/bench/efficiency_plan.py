"""The run that times a table: one for all rows, as only these can be compared."""

from __future__ import annotations

from collections.abc import Mapping

from mmsia.bench.measures import MEASURES
from mmsia.bench.recipe import CatalogueEntry, script_of
from mmsia.bench.sources import sources_digest
from mmsia.bench.spec import RunSpec
from mmsia.bench.terms import Evidence, Scale
from mmsia.bench.training_plan import config_digest

MEASURE = "efficiency"


def efficiency_run(
    entry: CatalogueEntry,
    *,
    device: Mapping[str, str],
    seed: int,
    num_draws: int,
    threads: int,
) -> RunSpec:
    """The run of a table's rows that have a network.

    Args:
        entry: The published table and its recipe.
        device: What it is measured on; nothing if that is not known yet.
        seed: Of the images.
        num_draws: Draws of the rounds.
        threads: Of the run's process.

    Raises:
        ConfigError: If a config is missing or does not parse.
    """
    recipe = entry.recipe
    configs = {
        row.id: str(recipe.rows[row.id].config)
        for row in entry.table.rows
        if Evidence.EFFICIENCY in recipe.rows[row.id].evidence
    }
    return RunSpec(
        measure=MEASURE,
        evidence=Evidence.EFFICIENCY,
        settings={
            "rows": {
                row: {"config": config, "config_digest": config_digest(config)}
                for row, config in configs.items()
            },
            "scores": sorted({*recipe.efficiency.values(), *recipe.efficiency_beside}),
            "device": dict(device),
        },
        # Of the paper's own networks, whatever the scale.
        scale=Scale.PAPER,
        seed=seed,
        num_draws=num_draws,
        data_digest="",
        sources_digest=sources_digest(MEASURES[MEASURE].all_sources),
        config=script_of(entry.table.id),
        threads=threads,
    )
