"""Which of mmsia's own files a run depends on, found from their imports.

The digest of these files is part of a run's key: a change in the decoder makes the
oracle run again, a change in the report does not. Imports are read, not executed, so
that looking up a cached run costs no import of torch.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path

from mmsia.files import sha256_file, sha256_text

_PACKAGE = Path(__file__).resolve().parents[1]


def source_files(modules: Iterable[str]) -> tuple[Path, ...]:
    """Files of these modules and of every mmsia module that they import.

    Args:
        modules: Dotted names below `mmsia`; a package stands for all its files.
    """
    waiting = [path for name in modules for path in _files_of(name, whole=True)]
    found: set[Path] = set()
    beside: set[Path] = set()
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            beside |= _packages_of(path)
            waiting += [f for name in _imports(path) for f in _files_of(name)]
    return tuple(sorted(found | beside))


@lru_cache(maxsize=8)
def sources_digest(modules: tuple[str, ...]) -> str:
    """SHA-256 over the files' paths and contents."""
    lines = [
        f"{path.relative_to(_PACKAGE).as_posix()} {sha256_file(path)}"
        for path in source_files(modules)
    ]
    return sha256_text("\n".join(lines))


def _files_of(name: str, whole: bool = False) -> list[Path]:
    """The file of a module or package; nothing for foreign names."""
    parts = name.split(".")
    if parts[0] != "mmsia":
        return []
    base = _PACKAGE.joinpath(*parts[1:])
    files = [base.with_suffix(".py"), base / "__init__.py"]
    if whole and base.is_dir():
        files += base.rglob("*.py")
    return [path for path in files if path.is_file()]


def _packages_of(path: Path) -> set[Path]:
    """`__init__` of the packages above a file; what these import is not followed.

    They register siblings with MMPose, which has no part in the numbers.
    """
    above = [folder for folder in path.parents if folder.is_relative_to(_PACKAGE)]
    return {f for folder in above if (f := folder / "__init__.py").is_file()}


def _imports(path: Path) -> Iterator[str]:
    """Dotted names that a file imports, also inside functions."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
