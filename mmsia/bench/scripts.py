"""The scripts below `reproduce/`: each defines one value that the engine reads."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TypeVar

from mmsia.errors import ConfigError

Recipe = TypeVar("Recipe")


def load_script(path: Path, name: str, kind: type[Recipe]) -> Recipe:
    """Import a script and return what it defines.

    Args:
        path: The script.
        name: Name of the value, such as `TABLE`.
        kind: Its type.

    Raises:
        ConfigError: If the script does not import or defines no such value.
    """
    module_name = f"mmsia_reproduce_{path.parent.name}_{path.stem}"
    spec = importlib.util.spec_from_file_location(module_name, path)
    if spec is None or spec.loader is None:
        raise ConfigError(f"{path} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except (SyntaxError, ImportError, TypeError, ValueError, NameError) as error:
        raise ConfigError(
            f"the script {path} does not import",
            got=f"{type(error).__name__}: {error}",
        ) from error
    value = getattr(module, name, None)
    if not isinstance(value, kind):
        raise ConfigError(
            f"the script {path}", expected=f"{name} = {kind.__name__}(...)"
        )
    return value
