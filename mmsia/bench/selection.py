"""Which weights of a training are scored: the last, or the best on its validation."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from mmsia.errors import ConfigError

RULES = ("greater", "less")


@dataclass(frozen=True)
class Selection:
    """What the best weights of a training are told by.

    Attributes:
        score: Name of the score among those of the config's validation.
        rule: Which of two scores is better, `greater` or `less`; of equal ones the
            earlier is.
    """

    score: str
    rule: str


@dataclass(frozen=True)
class Selected:
    """The weights that a training chose among those that it validated.

    Attributes:
        score: Name of the score.
        rule: `greater` or `less`.
        value: Of the chosen weights.
        step: Steps after which they were validated.
        epoch: Epochs after which they were; None in a training by steps.
        num_validations: Among which they were chosen.
        num_images: Images of each validation.
    """

    score: str
    rule: str
    value: float
    step: int
    epoch: int | None
    num_validations: int
    num_images: int


def selection_of(
    config: Mapping[str, Any], scored: Iterable[Mapping[str, Any]] = ()
) -> Selection | None:
    """What a training selects its weights by; None: those of its last step count.

    A training selects where its config names a score to keep the best weights of
    (`default_hooks.checkpoint.save_best`, with `rule`) and its validation images are
    provably none that its weights are tested on: the two data sets read different
    annotation files, or parts of one split that have no part in common. Where they read
    the same, or where that cannot be told from the config, nothing is selected on them.

    Args:
        config: That is trained, resolved, as plain values.
        scored: The other configs whose numbers rest on this training.

    Raises:
        ConfigError: Several scores, one to be guessed, or no rule.
    """
    hook = (config.get("default_hooks") or {}).get("checkpoint") or {}
    score, rule = hook.get("save_best"), hook.get("rule")
    if not score:
        return None
    validated = config.get("val_dataloader")
    tested = [one.get("test_dataloader") for one in (config, *scored)]
    if not all(_apart(validated, loader) for loader in tested):
        return None
    if not isinstance(score, str) or score == "auto" or rule not in RULES:
        raise ConfigError(
            "what the best weights are told by (default_hooks.checkpoint)",
            expected="save_best, the name of one score, and rule, "
            + " or ".join(map(repr, RULES)),
            got=f"save_best {score!r}, rule {rule!r}",
        )
    return Selection(score, rule)


def _apart(
    validated: Mapping[str, Any] | None, tested: Mapping[str, Any] | None
) -> bool:
    """Whether the data sets of two loaders provably share no image."""
    from mmsia.engine.run_config import inner_dataset

    if not validated or not tested:
        return False
    first, second = (inner_dataset(one["dataset"]) for one in (validated, tested))
    if not first.get("ann_file") or not second.get("ann_file"):
        return False
    if _path(first, "ann_file") != _path(second, "ann_file"):
        return True
    if not first.get("split_file") or not second.get("split_file"):
        return False
    parts = _parts(first), _parts(second)
    same_split = _path(first, "split_file") == _path(second, "split_file")
    return same_split and all(parts) and parts[0].isdisjoint(parts[1])


def _path(dataset: Mapping[str, Any], key: str) -> str:
    return os.path.normpath(os.path.join(dataset.get("data_root") or "", dataset[key]))


def _parts(dataset: Mapping[str, Any]) -> set[str]:
    parts = dataset.get("parts") or ()
    return {parts} if isinstance(parts, str) else set(parts)
