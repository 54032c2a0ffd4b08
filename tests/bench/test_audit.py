"""The audit finds what does not add up by computing it, and nothing else."""

from __future__ import annotations

import yaml

from mmsia.bench.audit import Level, audit_paper
from mmsia.bench.marks import audit_marks
from mmsia.bench.printed import read_yaml
from mmsia.bench.published import load_all_published, load_published
from mmsia.paths import project_root

CELLS = {
    "siagcn/table1#10-head-r-siapose.mpck",
    "siagcn/table1#improvement-10-head-r-siapose.mpck~mean",
    "klpnet/table3-pck#mckp.mean",
    "klpnet/table3-pck#6-dof-sh.mean",
    "klpnet/table3-oracleid#6-dof-sh.mean",
    "klpnet/table3-oracleid#starmap.mean",
    "klpnet/table3-oracleid#starmap-reimpl.mean",
    "klpnet/table3-oracleid#cklm.mean",
    "klpnet/table5#starmap.mean",
    "klpnet/table5#starmap-reimpl.mean",
    "klpnet/table5#keypointnet.mean",
    "klpnet/table5#klpnet-csfa-lis.delta",
}
STATEMENTS = {
    "siagcn/text-4069",
    "klpnet/text-starmap-78.6",
    "klpnet/text-8.0",
    "klpnet/text-2.3",
    "klpnet/text-object-net3d-images",
    "cganet/abstract-25.4-fps",
    "cganet/abstract-8.9-ap",
    "cganet/text-2.2x",
}
ROUNDING = {
    "siagcn/table3-mhp#r-siapose.mpck",
    "siagcn/table2#improvement-10-head-siapose.mpck~mean",
    "siagcn/table2#improvement-10-head-r-siapose.mpck~mean",
    "klpnet/table3-pck#starmap.delta",
    "klpnet/table3-oracleid#starmap-reimpl.delta",
    "klpnet/table3-oracleid#cklm.delta",
    "klpnet/table5#klpnet-backbone.mean",
    "klpnet/table5#klpnet-csfa-lis.mean",
}


def _checks():
    return [c for paper in load_all_published() for c in audit_paper(paper)]


def test_exactly_these_numbers_do_not_add_up() -> None:
    found = [check for check in _checks() if check.level is Level.MISMATCH]
    assert {check.id for check in found if check.kind == "cell"} == CELLS
    assert {check.id for check in found if check.kind == "statement"} == STATEMENTS
    assert (len(CELLS), len(STATEMENTS), len(found)) == (12, 8, 20)


def test_what_rounding_explains_is_told_apart() -> None:
    found = {check.id for check in _checks() if check.level is Level.ROUNDING}
    assert found == ROUNDING


def test_every_derived_cell_is_recomputed() -> None:
    checks = [check for check in _checks() if check.kind == "cell"]
    improvements = [c for c in checks if "#improvement-" in c.id and "~" not in c.id]
    assert len(improvements) == 44
    assert len({check.id for check in checks}) == len(checks) == 99


def test_sizes_of_the_contradictions() -> None:
    sizes = {check.id: check.difference for check in _checks()}
    assert round(sizes["klpnet/table3-pck#6-dof-sh.mean"], 3) == 1.77
    assert round(sizes["klpnet/table5#keypointnet.mean"], 3) == -1.039
    assert round(sizes["siagcn/table1#10-head-r-siapose.mpck"], 3) == -0.027
    assert round(sizes["cganet/abstract-25.4-fps"], 2) == 4.3


def test_a_changed_cell_is_found(tmp_path) -> None:
    source = project_root() / "reproduce" / "published" / "dir.yaml"
    raw = read_yaml(source, "numbers")
    assert {c.level for c in audit_paper(load_published(source))} == {Level.AGREES}
    raw["tables"][0]["rows"][0]["values"]["mpvpe"] = 10.003
    path = tmp_path / "dir.yaml"
    path.write_text(yaml.safe_dump(_plain(raw), sort_keys=False))
    levels = {c.id: c.level for c in audit_paper(load_published(path))}
    assert levels.pop("dir/interhand#dir.mpvpe") is Level.MISMATCH
    assert set(levels.values()) == {Level.AGREES}


def _plain(value):
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return float(value) if isinstance(value, float) else value


def test_marks_off_the_best_value_are_found() -> None:
    found = [mark for p in load_all_published() for mark in audit_marks(p)]
    assert {mark.id for mark in found if mark.level == "BOLD"} == {
        "klpnet/table1#bold.ap50",
        "klpnet/table5#bold.microwave",
        "cganet/table5#bold.single-model methods.ap50",
    }
    (kind,) = [mark for mark in found if mark.level == "FALSE"]
    assert "6-DoF SH" in kind.id
