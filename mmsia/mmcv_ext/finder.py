"""The import hook that serves `mmcv._ext`; torch is imported only when it is used."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

NAME = "mmcv._ext"


class StandInModule(ModuleType):
    """`mmcv._ext` without compiled code: every operator name is an attribute."""

    def __getattr__(self, name: str) -> Any:
        # mmcv only asks for operators; the import system asks for dunder names.
        if name.startswith("_"):
            raise AttributeError(f"{self.__name__} has no attribute {name}")
        from mmsia.mmcv_ext.operators import get_operator

        operator = get_operator(name)
        setattr(self, name, operator)
        return operator


class StandInLoader(Loader):
    """Makes the stand-in module; its operators come when they are asked for."""

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """Return an empty stand-in, which the import system completes."""
        return StandInModule(spec.name, "mmsia's stand-in for compiled operators.")

    def exec_module(self, module: ModuleType) -> None:
        """Run nothing: there is no code to run."""


class StandInFinder(MetaPathFinder):
    """Finds the stand-in where no other finder finds a real `mmcv._ext`."""

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,
        target: ModuleType | None = None,
    ) -> ModuleSpec | None:
        """Return the spec of `mmcv._ext`, the real one's if there is any."""
        if fullname != NAME:
            return None
        for finder in sys.meta_path:
            if finder is not self:
                spec = finder.find_spec(fullname, path, target)
                if spec is not None:
                    return spec
        return ModuleSpec(NAME, StandInLoader(), origin="mmsia.mmcv_ext")


def install() -> None:
    """Let `mmcv._ext` be found; does nothing the second time and imports nothing."""
    if not any(isinstance(finder, StandInFinder) for finder in sys.meta_path):
        sys.meta_path.append(StandInFinder())


def is_stand_in() -> bool:
    """Return whether `mmcv._ext` is (or would be) the stand-in; imports mmcv.

    Raises:
        ModuleNotFoundError: If mmcv itself is not installed.
    """
    spec = importlib.util.find_spec(NAME)
    return spec is not None and isinstance(spec.loader, StandInLoader)
