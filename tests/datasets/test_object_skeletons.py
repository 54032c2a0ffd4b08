"""Links of categories: sound graphs, the published names, and the simulated ones."""

from __future__ import annotations

import pytest
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from mmsia.bench.published import load_published
from mmsia.datasets.object_skeletons import (
    PASCAL3D,
    SKELETONS,
    TABLE5,
    find_skeleton,
    have_links,
)
from mmsia.datasets.simulated.objects_categories import CATEGORIES
from mmsia.errors import InputError
from mmsia.paths import project_root

NUMBERS = dict(
    aeroplane=8, bicycle=11, boat=7, bottle=7, bus=12, car=12, chair=10,
    diningtable=12, motorbike=10, sofa=10, train=17, tvmonitor=8,
)  # fmt: skip
"""Keypoints of Pascal3D+."""


@pytest.mark.parametrize("name", SKELETONS)
def test_tables_are_sound(name):
    skeleton = SKELETONS[name]
    count = len(skeleton.keypoints)
    assert len(set(skeleton.keypoints)) == count
    assert len(set(skeleton.links)) == len(skeleton.links)
    assert all(0 <= a < b < count for a, b in skeleton.links)
    ends = list(zip(*skeleton.links, strict=True))
    graph = coo_array(([1] * len(skeleton.links), ends), shape=(count, count))
    assert connected_components(graph, directed=False)[0] == 1


def test_pascal3d_has_its_keypoints():
    assert {name: len(SKELETONS[name].keypoints) for name in PASCAL3D} == NUMBERS


def test_columns_of_table_5():
    folder = project_root() / "reproduce" / "published"
    tables = {t.id: t for t in load_published(folder / "klpnet.yaml").tables}
    columns = {column.name for column in tables["klpnet/table5"].columns}
    assert len(TABLE5) == 18
    assert {name for name in TABLE5 if name not in columns} == set()
    missing = [name for name, category in TABLE5.items() if category is None]
    assert missing == ["console", "mirror"]
    assert all(c in SKELETONS for c in TABLE5.values() if c is not None)


def by_name(keypoints, links):
    return {frozenset((keypoints[a], keypoints[b])) for a, b in links}


@pytest.mark.parametrize("name", CATEGORIES)
def test_simulated_objects_have_the_same_links(name):
    """But for the middle of the train's roof, which these leave out."""
    made, table = CATEGORIES[name], SKELETONS[name]
    kept = [k for k in table.keypoints if (name, k) != ("train", "head_top")]
    assert list(made.keypoints) == kept
    links = by_name(table.keypoints, table.links)
    links = {pair for pair in links if pair <= set(kept)}
    assert by_name(made.keypoints, made.links) == links


def test_a_category_without_a_table():
    assert find_skeleton("car") is SKELETONS["car"]
    with pytest.raises(InputError, match="mirror"):
        find_skeleton("mirror")
    assert have_links(["mirror", "car"]) == [False, True]
