from __future__ import annotations

import json

import pytest

from mmsia.datasets.layouts import OF_FAMILY, layout_of
from mmsia.datasets.simulated.families import load_family
from mmsia.errors import ConfigError


@pytest.mark.parametrize("family", OF_FAMILY)
def test_families_write_where_their_data_set_reads(family, tmp_path):
    load_family(family).write(tmp_path, 2, 1, preset="smoke", split="overfit")
    layout = layout_of(OF_FAMILY[family])
    stored = json.loads((tmp_path / layout.annotation_file("overfit")).read_text())
    prefix = layout.image_prefix("overfit")
    for image in stored["images"]:
        assert (tmp_path / prefix / image["file_name"]).is_file()


def test_unknown_data_sets_are_named():
    with pytest.raises(ConfigError, match="CocoDataset, CocoPeopleDataset"):
        layout_of("AicDataset")
