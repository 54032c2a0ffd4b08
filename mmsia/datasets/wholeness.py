"""May a number be computed on a data folder, and does it count as on the whole set?"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from mmsia.datasets.manifest import check_manifest
from mmsia.errors import DataError
from mmsia.log import get_logger

_logger = get_logger(__name__)
_warned: set[Path] = set()


def why_partial(
    folder: Path, below: Iterable[str], *, allow_partial: bool
) -> tuple[str, ...]:
    """Check what is read of a folder against its manifest.

    Nothing is known of a folder that has none; that is said in the log, once.

    Args:
        folder: The data folder.
        below: Files and folders that are read, below it; "" is all of it.
        allow_partial: Go on with data that was not whole when it was prepared.

    Returns:
        Why numbers on it are not those of the whole data set; nothing if they are.

    Raises:
        DataError: If files are missing or altered, or were never whole and that is not
            allowed.
    """
    read = tuple(below)
    manifest = check_manifest(folder, read)
    if manifest is None:
        _warn_once(folder)
        return ()
    reasons = tuple(
        f"{name}: {', '.join(why)}"
        for name, why in manifest.about.partial.items()
        if name.startswith(read)
    )
    if reasons and not allow_partial:
        raise DataError(
            f"{folder} is not the whole data set",
            expected="the published counts",
            got="; ".join(reasons),
            remedy="Fetch what is missing and prepare it again; --allow-partial goes "
            "on without it and marks every number",
        )
    return reasons


def _warn_once(folder: Path) -> None:
    if folder not in _warned:
        _warned.add(folder)
        _logger.warning(
            "%s has no manifest: nobody can tell whether its files are whole. "
            "`mmsia prepare` writes one",
            folder,
        )
