"""Numbers as they are printed: a value and how many decimals it was given with.

"60.0" and "60" are the same float, yet they were rounded differently, and the audit
has to know by how much. The reader below keeps the digits.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import yaml
from pydantic import GetCoreSchemaHandler, ValidatorFunctionWrapHandler
from pydantic_core import CoreSchema, core_schema

from mmsia.errors import DataError


class Printed(float):
    """A printed number.

    Args:
        value: The number.
        decimals: Digits after the point; by default those that its repr needs.
    """

    decimals: int

    def __new__(cls, value: float, decimals: int | None = None) -> Printed:
        """Keep the decimals beside the float."""
        number = super().__new__(cls, value)
        if decimals is None:
            decimals = 0 if isinstance(value, int) else _decimals(repr(float(value)))
        number.decimals = decimals
        return number

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """A field takes a number, never a text or a truth value."""
        number = core_schema.float_schema(strict=True, allow_inf_nan=False)
        return core_schema.no_info_wrap_validator_function(cls._keep, number)

    @classmethod
    def _keep(cls, value: Any, check: ValidatorFunctionWrapHandler) -> Printed:
        check(value)
        return value if isinstance(value, cls) else cls(value)

    @property
    def half_unit(self) -> float:
        """Half a unit of the last printed digit: how far rounding can have moved it."""
        return 0.5 * 10.0**-self.decimals


def read_yaml(path: Path, what: str) -> Any:
    """Read a YAML file: numbers keep their digits, a key given twice is refused.

    Args:
        path: The file.
        what: What it holds, for the message.

    Raises:
        DataError: If the file cannot be read.
    """
    try:
        # The loader below is a SafeLoader.
        return yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506
    except (OSError, yaml.YAMLError, UnicodeDecodeError) as error:
        raise DataError(
            f"{what} in {path}",
            expected="a readable YAML file",
            got=" ".join(str(error).split()),
            remedy="Restore the file from the repository",
        ) from error


def _decimals(text: str) -> int:
    try:
        exponent = Decimal(text.replace("_", "")).as_tuple().exponent
    except InvalidOperation:
        return 0
    return max(0, -exponent) if isinstance(exponent, int) else 0


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Refuses a key that stands twice in a mapping, which YAML would let pass."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> Any:
        """As the parent's, after looking at the keys."""
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        for key in keys:
            if keys.count(key) > 1:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key!r} stands twice", node.start_mark
                )
        return super().construct_mapping(node, deep)

    def construct_printed(self, node: yaml.ScalarNode) -> Printed:
        """A float with the decimals of its text."""
        value = self.construct_yaml_float(node)
        return Printed(value, _decimals(str(node.value)))


_Loader.add_constructor("tag:yaml.org,2002:float", _Loader.construct_printed)
