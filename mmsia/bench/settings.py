"""The part of a config that an oracle run depends on, read without building it."""

from __future__ import annotations

import importlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from mmsia.errors import ConfigError
from mmsia.paths import project_root


def oracle_settings(config: str) -> dict[str, Any]:
    """Codec arguments at test size and the test size itself.

    The rest of the config (network, schedule) has no part in an oracle run and hence
    none in its key: tables whose rows share a codec share the run.

    Args:
        config: Path relative to the project's root.

    Returns:
        `codec` (plain values, input_size set to the test size) and `long_edge`.

    Raises:
        ConfigError: If the file is missing, does not parse or names no codec.
    """
    loaded = _load(_path_of(config), ("codec", "long_edge"))
    codec, long_edge = loaded.get("codec"), loaded.get("long_edge")
    if not isinstance(codec, dict) or not isinstance(long_edge, int):
        raise ConfigError(
            f"the config {config}",
            expected="a codec and a whole number long_edge at its top level",
            got=f"codec {codec!r:.60}, long_edge {long_edge!r}",
        )
    plain = {key: _plain(value) for key, value in codec.items()}
    return {
        "codec": {**plain, "input_size": [long_edge, long_edge]},
        "long_edge": long_edge,
    }


def resolved_config(config: str) -> dict[str, Any]:
    """A config with its base files merged in, as plain values.

    Args:
        config: Path relative to the project's root.

    Raises:
        ConfigError: If the file is missing or does not parse.
    """
    return _load(_path_of(config))


def build_codec(settings: dict[str, Any]) -> Any:
    """The codec of `oracle_settings`, from MMPose's registry."""
    # By name: `mmsia.all` imports every part, and `sources` reads this file.
    importlib.import_module("mmsia.all")
    from mmpose.registry import KEYPOINT_CODECS

    return KEYPOINT_CODECS.build(dict(settings["codec"]))


def _path_of(config: str) -> Path:
    path = project_root() / config
    if not path.is_file():
        raise ConfigError(f"there is no config {path}")
    return path


def _load(path: Path, keys: Iterable[str] | None = None) -> dict[str, Any]:
    from mmengine.config import Config

    try:
        loaded = Config.fromfile(str(path), import_custom_modules=False)
        if keys is None:
            return loaded.to_dict()
        return {key: loaded.get(key) for key in keys}
    # mmengine parses configs by executing them: anything may come out.
    except Exception as error:
        raise ConfigError(
            f"the config {path} does not parse",
            got=f"{type(error).__name__}: {error}",
        ) from error


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
