"""The network of a demo: a row's of a work folder, of a config, or trained for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mmsia.bench.data import open_data
from mmsia.bench.executors.local import LocalExecutor
from mmsia.bench.gallery_kernels import weights_behind
from mmsia.bench.plan import Options, make_plan
from mmsia.bench.recipe import CatalogueEntry, load_catalogue
from mmsia.bench.run import run_plan
from mmsia.bench.session import load_session, session_path, table_states
from mmsia.bench.store import Store, StoredRun
from mmsia.bench.terms import Evidence, Scale, Status
from mmsia.bench.training_data import TrainingData
from mmsia.errors import ConfigError, DataError

NUM_OWN = 4
"""Pictures of a run's own test that are shown where none are named."""


@dataclass(frozen=True)
class DemoModel:
    """A network ready to look at pictures.

    Attributes:
        config: Made for its scale.
        model: In evaluation, with its weights if it has any.
        about: Where the weights are from, in words; empty if there are none.
        pictures: Of its own test, where it has one at hand.
    """

    config: Any
    model: Any
    about: str
    pictures: tuple[Path, ...] = ()


def open_row(
    name: str,
    work_dir: Path,
    *,
    weights: Path | None = None,
    train: bool = False,
    on_run: Callable[[str], None] = lambda text: None,
) -> DemoModel:
    """The network of a table's row.

    Args:
        name: `TABLE/ROW`.
        work_dir: Its runs are looked up there.
        weights: File of weights for the row's own config.
        train: Train the tiny network of scale smoke where there is no run.
        on_run: Told what is being run.

    Raises:
        ConfigError: No such row, or one without a network.
        DataError: Weights that are gone or are not the network's, or a training that
            did not succeed.
    """
    entry, row = _find(name)
    config = entry.recipe.every_row[row].config
    if config is None:
        raise ConfigError(
            f"a demo of {name}", expected="a row with a network", got="one without"
        )
    if weights is not None:
        return open_config(config, weights)
    store = Store(work_dir / "runs")
    found = _stored(entry, row, store, work_dir)
    if found is None and train:
        on_run(f"the tiny network of {name} is trained first")
        found = _trained(entry, row, store, work_dir)
    if found is None:
        return open_config(config, None)
    return _reopened(name, *found, store)


def open_config(path: str | Path, weights: Path | None) -> DemoModel:
    """The network of a config.

    Args:
        path: Its file.
        weights: File of weights; none leaves it as it is made.

    Raises:
        ConfigError: A config that cannot be read.
        DataError: Weights that cannot be read or are not the network's.
    """
    from mmsia.engine.overlay_network import drop_downloads
    from mmsia.engine.run_config import load_run_config
    from mmsia.paths import project_root

    place = Path(path)
    config = load_run_config(place if place.is_file() else project_root() / place)
    drop_downloads(config)
    return DemoModel(config, _build(config, weights), str(weights or ""))


def _find(name: str) -> tuple[CatalogueEntry, str]:
    catalogue = load_catalogue()
    table, _, row = name.rpartition("/")
    if table not in catalogue or row not in catalogue[table].recipe.every_row:
        known = catalogue[table].recipe.every_row if table in catalogue else catalogue
        raise ConfigError(
            f"there is no {name!r}",
            expected="a config file, or TABLE/ROW as `mmsia list` shows them"
            + (f", of {table} " if table in catalogue else ", of ")
            + ", ".join(known),
        )
    return catalogue[table], row


def _stored(
    entry: CatalogueEntry, row: str, store: Store, work_dir: Path
) -> tuple[StoredRun, Path] | None:
    """The row's run in a work folder, and the data that it was tested on."""
    if not session_path(work_dir).is_file():
        return None
    for state in load_session(work_dir):
        own = state.every_row.get(row) if state.table == entry.table.id else None
        if own is None or own.status is not Status.DONE or own.run is None:
            continue
        run = store.load(own.run)
        if run is not None and run.provenance.get("start"):
            return run, _folder(Path(state.data["path"]))
    return None


def _folder(annotations: Path) -> Path:
    """The data folder of an annotation file, which lies one folder down."""
    return annotations.parent.parent


def _trained(
    entry: CatalogueEntry, row: str, store: Store, work_dir: Path
) -> tuple[StoredRun, Path]:
    """Train and test the row alone at scale smoke; nothing of it enters a report."""
    options = Options(Scale.SMOKE, Evidence.TRAINING, num_seeds=1, num_draws=100)
    data = open_data(Scale.SMOKE, work_dir)
    images = TrainingData(options.scale, work_dir)
    plan = make_plan([entry], options, data, images.open)
    alone = replace(plan, rows=tuple(own for own in plan.rows if own.row == row))
    # In processes of their own, whose words go to their logs.
    executor = LocalExecutor()
    outcomes = run_plan(alone, data, store, command="mmsia demo", executor=executor)
    (state,) = table_states(alone, outcomes, options, data, "mmsia demo")
    own = state.every_row[row]
    run = store.load(own.run) if own.status is Status.DONE and own.run else None
    if run is None:
        raise DataError(
            f"the tiny network of {entry.table.id}/{row}",
            expected="a training that succeeds",
            got=own.why or str(own.status),
        )
    return run, _folder(Path(run.provenance["data"]["path"]))


def _reopened(name: str, run: StoredRun, folder: Path, store: Store) -> DemoModel:
    from mmsia.bench.reopened import config_of

    config = config_of(run, folder)
    scale = run.provenance["scale"]
    about = f"{name} as trained in run {run.provenance['start']} (scale {scale})"
    return DemoModel(
        config, _build(config, weights_behind(store, run)), about, _own(config)
    )


def _own(config: Any) -> tuple[Path, ...]:
    """The first pictures of a test set, each once."""
    from mmsia.engine.run_config import inner_dataset
    from mmsia.files import read_json

    dataset = inner_dataset(config.test_dataloader.dataset)
    root = Path(dataset.get("data_root") or "")
    annotations = root / (dataset.get("ann_file") or "")
    if not annotations.is_file():
        return ()
    folder = root / dataset.get("data_prefix", {}).get("img", "")
    names = [image["file_name"] for image in read_json(annotations)["images"]]
    return tuple(folder / name for name in names[:NUM_OWN])


def _build(config: Any, weights: Path | None) -> Any:
    from mmengine.registry import init_default_scope
    from mmpose.registry import MODELS

    import mmsia.all  # noqa: F401, registers
    from mmsia.models.weights.loading import load_weights

    init_default_scope(config.get("default_scope", "mmpose"))
    model = MODELS.build(config.model)
    if weights is not None:
        load_weights(model, weights)
    return model.eval()
