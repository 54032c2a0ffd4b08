"""What of the stack is installed here, and the line that mends what is not."""

from __future__ import annotations

import importlib
import importlib.metadata
import shlex
import sys
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

from mmsia.errors import MissingPartError
from mmsia.paths import project_root


@dataclass(frozen=True)
class Finding:
    """One line of the diagnosis.

    Args:
        name: What was looked at.
        status: `ok`, `missing` (not there), `broken` (there and does not import) or
            `note` (worth knowing, nothing to mend).
        detail: Version, device, or what is wrong.
        mend: Command that mends it, or None.
        mandatory: Whether mmsia works without it.
    """

    name: str
    status: str
    detail: str
    mend: str | None = None
    mandatory: bool = True

    @property
    def fatal(self) -> bool:
        """Whether mmsia cannot work because of this."""
        return self.mandatory and self.status in ("missing", "broken")


@dataclass(frozen=True)
class Package:
    """A Python package that mmsia uses.

    Args:
        module: What is imported.
        distributions: What pip may call it; the first is what is installed to mend it.
        pip_options: How pip must install it.
        mandatory: Whether mmsia works without it.
    """

    module: str
    distributions: tuple[str, ...]
    pip_options: tuple[str, ...] = ()
    mandatory: bool = True


_NO_DEPS = ("--no-deps",)
_BUILD_HERE = ("--no-deps", "--no-build-isolation", "--no-binary=xtcocotools")

PACKAGES = (
    Package("torch", ("torch",)),
    Package("torchvision", ("torchvision",)),
    Package("numpy", ("numpy",)),
    Package("scipy", ("scipy",)),
    Package("cv2", ("opencv-python", "opencv-python-headless")),
    Package("matplotlib", ("matplotlib",)),
    Package("yaml", ("pyyaml",)),
    Package("jinja2", ("jinja2",)),
    Package("mmengine", ("onedl-mmengine", "mmengine"), _NO_DEPS),
    Package("mmcv", ("onedl-mmcv", "mmcv", "mmcv-lite"), _NO_DEPS),
    Package("mmdet", ("onedl-mmdetection", "mmdet"), _NO_DEPS),
    Package("xtcocotools", ("xtcocotools",), _BUILD_HERE),
    Package("mmpose", ("mmpose",), _NO_DEPS),
    Package("faster_coco_eval", ("faster-coco-eval",)),
    Package("pycocotools", ("pycocotools",), mandatory=False),
)
"""In the order in which one needs the other."""


def examine_packages() -> Iterator[Finding]:
    """Import every package and yield what came of it."""
    pins = pinned_versions()
    for package in PACKAGES:
        yield examine(package, pins)


def examine(package: Package, pins: dict[str, str]) -> Finding:
    """Import one package and return what came of it.

    Args:
        package: What to look at.
        pins: Distribution name -> version that was verified.
    """
    name, mandatory = package.distributions[0], package.mandatory
    version = installed_version(package)
    error = import_error(package.module)
    mend = install_line(package, pins)
    if error is None:
        pin = pins.get(name)
        differs = f" (verified with {pin})" if pin and version != pin else ""
        detail = f"{version or 'without metadata'}{differs}"
        return Finding(name, "ok", detail, mandatory=mandatory)
    if version is None and absent_module(error) == package.module:
        return Finding(name, "missing", "not installed", mend, mandatory)
    other = absent_module(error)
    if other is not None and other != package.module:
        known = [part for part in PACKAGES if part.module == other]
        cure = known[0] if known else Package(other, (other.replace("_", "-"),))
        mend, reason = install_line(cure, pins), f"needs {other}, which is missing"
    else:
        reason = f"does not import: {type(error).__name__}: {error}".splitlines()[0]
    return Finding(name, "broken", f"{version}, {reason}", mend, mandatory)


def examine_owners() -> Iterator[Finding]:
    """Yield each module that several distributions wrote into one folder.

    `pip install mmcv` beside `onedl-mmcv` mixes the files of both; whichever came last
    is what is imported, and removing either breaks the other.
    """
    for package in PACKAGES:
        owners = [name for name in package.distributions if has_record(name)]
        if len(owners) > 1:
            first, *others = owners
            remove = shlex.join([sys.executable, "-m", "pip", "uninstall", "-y"])
            again = install_line(package, pinned_versions(), force=True)
            yield Finding(
                first,
                "broken",
                f"{' and '.join(owners)} share the module {package.module}",
                f"{remove} {' '.join(others)} && {again}",
                mandatory=False,
            )


def import_error(module: str) -> Exception | None:
    """Import a module and return the exception that it raised, or None.

    Args:
        module: Dotted name.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            importlib.import_module(module)
        # A broken installation raises what it likes; all of it is the finding.
        except Exception as error:
            return error
    return None


def absent_module(error: Exception) -> str | None:
    """Return the top-level module that was not found, if that is the error.

    Args:
        error: What an import raised.
    """
    if isinstance(error, ModuleNotFoundError) and error.name:
        return error.name.partition(".")[0]
    return None


def installed_version(package: Package) -> str | None:
    """Return the version that pip recorded, or None if it has no record.

    Args:
        package: What to look up, under any of its names.
    """
    found = [name for name in package.distributions if has_record(name)]
    return importlib.metadata.version(found[0]) if found else None


def has_record(distribution: str) -> bool:
    """Return whether pip recorded a distribution.

    Args:
        distribution: Its name.
    """
    try:
        importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def pinned_versions() -> dict[str, str]:
    """Return distribution -> verified version; empty outside a checkout."""
    try:
        path = project_root() / "requirements" / "constraints.txt"
        lines = path.read_text(encoding="utf-8").splitlines()
    except (MissingPartError, OSError):
        return {}
    pairs = [line.split("==") for line in lines if "==" in line and line[0] != "#"]
    return {name.lower().strip(): version.strip() for name, version in pairs}


def install_line(package: Package, pins: dict[str, str], force: bool = False) -> str:
    """Return the command that installs the verified version of a package.

    Args:
        package: What to install.
        pins: Distribution name -> version that was verified.
        force: Whether files that are there already are written again.
    """
    name = package.distributions[0]
    what = f"{name}=={pins[name]}" if name in pins else name
    pip = [sys.executable, "-m", "pip", "install"]
    again = ("--force-reinstall", "--no-deps") if force else ()
    options = dict.fromkeys((*again, *package.pip_options))
    return shlex.join([*pip, *options, what])
