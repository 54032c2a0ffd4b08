"""Printed numbers keep their digits on the way from the file."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import pytest
from pydantic import BaseModel

from mmsia.bench.printed import Printed, read_yaml


class _Model(BaseModel):
    values: dict[str, Printed | None]


def test_the_text_says_how_far_rounding_reaches(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text("values: {a: 60.0, b: 60, c: 91.10, d: .5, f: null}")
    values = _Model.model_validate(read_yaml(path, "numbers")).values
    assert values["f"] is None
    decimals = {key: number.decimals for key, number in values.items() if number}
    assert decimals == {"a": 1, "b": 0, "c": 2, "d": 1}
    assert values["c"] == 91.1
    assert values["c"].half_unit == pytest.approx(0.005)


def test_copies_and_json_keep_the_number() -> None:
    number = Printed(91.1, 2)
    assert copy.deepcopy(number).decimals == 2
    assert json.dumps({"x": number}) == '{"x": 91.1}'
    assert Printed(91.25).decimals == 2
    assert Printed(7).decimals == 0
