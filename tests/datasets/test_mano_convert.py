"""MANO's pickles, made as Python 2 and chumpy would write them, become npz files."""

from __future__ import annotations

import os
import pickle
import sys
import types
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import sparse

from mmsia.cli.main import main
from mmsia.datasets.hand_models import read_hands
from mmsia.datasets.mano_convert import read_mano
from mmsia.datasets.simulated.twohands_model import mirror, stand_in
from mmsia.errors import DataError, UnsafeFileError
from mmsia.ops.hand_mesh import HandModel

NAMES = ("MANO_LEFT.pkl", "MANO_RIGHT.pkl")


@pytest.fixture
def chumpy(monkeypatch: pytest.MonkeyPatch) -> types.ModuleType:
    """Classes with chumpy's names, for writing; gone again before reading."""
    ch, reordering = types.ModuleType("chumpy.ch"), types.ModuleType("r")
    for module, name, full in (
        (ch, "Ch", "chumpy.ch"),
        (reordering, "Select", "chumpy.reordering"),
    ):
        setattr(module, name, type(name, (), {"__module__": full}))
        monkeypatch.setitem(sys.modules, full, module)
    monkeypatch.setitem(sys.modules, "chumpy", types.ModuleType("chumpy"))
    ch.Select = reordering.Select
    return ch


def fields_of(model: HandModel, chumpy: types.ModuleType) -> dict[str, Any]:
    """The published fields: chumpy's objects, a sparse regressor, unsigned parents."""
    stored = asdict(model)
    inner = chumpy.Ch()
    inner.x = np.concatenate([model.shapedirs.ravel(), np.full(30, 7.0)])
    dirs = chumpy.Select()
    dirs.a, dirs.idxs = inner, np.arange(778 * 30)
    dirs.preferred_shape = (778, 3, 10)
    posed = chumpy.Ch()
    posed.x, posed._dirty_vars = np.asfortranarray(model.posedirs), set()
    parents = model.kintree_table.copy()
    parents[0, 0] = 2**32 - 1
    return stored | {
        "shapedirs": dirs,
        "posedirs": posed,
        "J_regressor": sparse.csc_matrix(model.J_regressor),
        "kintree_table": parents.astype(np.uint32),
        "f": model.f.astype(np.uint32),
        "weights": model.weights.astype(">f8"),
        "bs_type": "lrotmin",
        "J": model.rest_joints,
    }


def write_pair(folder: Path, chumpy: types.ModuleType, protocol: int = 2) -> None:
    for name, model in zip(NAMES, (mirror(stand_in()), stand_in()), strict=True):
        data = pickle.dumps(fields_of(model, chumpy), protocol)
        (folder / name).write_bytes(data)
    for name in ("chumpy", "chumpy.ch", "chumpy.reordering"):
        del sys.modules[name]


@pytest.mark.parametrize("protocol", [0, 2, 4, 5])
def test_the_model_comes_back(tmp_path: Path, chumpy, protocol: int) -> None:
    write_pair(tmp_path, chumpy, protocol)
    found = read_mano(tmp_path / "MANO_RIGHT.pkl")
    for name, values in asdict(stand_in()).items():
        np.testing.assert_array_equal(getattr(found, name), values, err_msg=name)
    assert "chumpy" not in sys.modules


def test_arrays_of_python_2_are_read(tmp_path: Path) -> None:
    """Its texts are bytes: opcode STRING, which Python 3 no longer writes."""
    numbers = np.array([1.5, -2.0])
    text = repr(numbers.tobytes())[1:].encode()
    code = (
        b"(dS'v_template'\ncnumpy.core.multiarray\n_reconstruct\n"
        b"(cnumpy\nndarray\n(I0\ntS'b'\ntR(I1\n(I2\ntcnumpy\ndtype\n(S'f8'\nI0\nI1\ntR"
        b"(I3\nS'<'\nNNNI-1\nI-1\nI0\ntbI00\nS" + text + b"\ntbs."
    )
    file = tmp_path / "old.pkl"
    file.write_bytes(code)
    with pytest.raises(DataError, match="no 'f'"):
        read_mano(file)
    from mmsia.datasets.mano_convert import _array
    from mmsia.models.weights.pickle_records import read_records

    stored = read_records(file, lambda name: True)
    np.testing.assert_array_equal(_array(stored["v_template"]), numbers)


def test_the_command_writes_files_that_the_layer_reads(
    tmp_path: Path, chumpy, capsys: pytest.CaptureFixture[str]
) -> None:
    write_pair(tmp_path, chumpy)
    out = tmp_path / "deep" / "mano"
    assert main(["convert", "mano", str(tmp_path), str(out)]) == 0
    assert capsys.readouterr().out.count("sha256") == 2
    hands = read_hands(out)
    np.testing.assert_array_equal(hands["right"].posedirs, stand_in().posedirs)
    np.testing.assert_array_equal(hands["left"].f, mirror(stand_in()).f)


def test_missing_files_say_where_to_get_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["convert", "mano", str(tmp_path), str(tmp_path / "out")]) == 2
    message = capsys.readouterr().err
    assert "no MANO_LEFT.pkl and no MANO_RIGHT.pkl" in message
    assert "https://mano.is.tue.mpg.de" in message


class Runs:
    """Makes a file when it is unpickled."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self):
        return os.system, (f"touch {self.marker}",)


def test_a_hostile_right_hand_is_refused_before_anything_is_written(
    tmp_path: Path, chumpy, capsys: pytest.CaptureFixture[str]
) -> None:
    write_pair(tmp_path, chumpy)
    hostile = asdict(stand_in()) | {"bs_style": Runs(tmp_path / "marker")}
    (tmp_path / "MANO_RIGHT.pkl").write_bytes(pickle.dumps(hostile, 2))
    with pytest.raises(UnsafeFileError, match="system"):
        read_mano(tmp_path / "MANO_RIGHT.pkl")
    assert main(["convert", "mano", str(tmp_path), str(tmp_path / "out")]) == 2
    assert "Nothing of it was run" in capsys.readouterr().err
    assert not (tmp_path / "marker").exists() and not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("v_template", np.full((778, 3), np.nan), "finite"),
        ("v_template", np.zeros((777, 3)), r"\(777, 3\)"),
        ("v_template", "text", "str in place of an array"),
        ("v_template", np.full((778, 3), None), "'O8' in place of numbers"),
        ("f", np.full((1538, 3), 778), "vertices 778"),
        ("kintree_table", np.zeros((2, 16), np.int64), "not those of MANO"),
        ("J_regressor", sparse.csc_matrix((10**6, 10**6)), "sparse matrix of shape"),
        ("shapedirs", [[1], [2, 3]], "shapedirs: "),
    ],
)
def test_wrong_arrays_are_named(tmp_path: Path, name: str, value, told: str) -> None:
    file = tmp_path / "wrong.pkl"
    file.write_bytes(pickle.dumps(asdict(stand_in()) | {name: value}, 2))
    with pytest.raises(DataError, match=rf"wrong\.pkl.*{name}.*{told}"):
        read_mano(file)


def test_sparse_indices_from_outside_are_refused(tmp_path: Path) -> None:
    matrix = sparse.csc_matrix(stand_in().J_regressor)
    matrix.indices[0] = 10**6
    file = tmp_path / "wrong.pkl"
    fields = asdict(stand_in()) | {"J_regressor": matrix}
    file.write_bytes(pickle.dumps(fields, 2))
    with pytest.raises(DataError, match="J_regressor"):
        read_mano(file)


def test_damaged_files_are_named(tmp_path: Path) -> None:
    whole = pickle.dumps(asdict(stand_in()), 2)
    file = tmp_path / "half.pkl"
    file.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataError, match=r"half\.pkl.*damaged"):
        read_mano(file)
    file.write_bytes(pickle.dumps([1, 2]))
    with pytest.raises(DataError, match="a list in place of a dict"):
        read_mano(file)
