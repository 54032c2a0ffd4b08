"""Where the project's own files are: configs/ and reproduce/ beside the package."""

from __future__ import annotations

from pathlib import Path

from mmsia.errors import MissingPartError


def project_root() -> Path:
    """Return the folder of the checkout, which holds configs/ and reproduce/.

    Raises:
        MissingPartError: If the package runs from elsewhere, such as a plain wheel.
    """
    root = Path(__file__).resolve().parent.parent
    missing = [name for name in ("configs", "reproduce") if not (root / name).is_dir()]
    if missing:
        raise MissingPartError(
            f"{' and '.join(missing)} not found beside the mmsia package",
            expected="mmsia running from its checkout (editable install)",
            got=f"the package in {root}",
            remedy="Clone the project and run `make setup` there.",
        )
    return root
