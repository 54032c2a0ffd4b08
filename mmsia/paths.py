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
    if not (root / "pyproject.toml").is_file() or not (root / "setup.py").is_file():
        raise MissingPartError(
            "configs/ and reproduce/ are not beside the mmsia package",
            expected="mmsia running from its checkout (editable install)",
            got=f"the package in {root}",
            remedy="Clone the project and run `make setup` there.",
        )
    return root
