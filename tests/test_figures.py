"""docs/figures: drawn by its script, of classes that exist, with text that fits."""

from __future__ import annotations

import ast
import importlib.util
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import matplotlib
import pytest
from mmpose.registry import MODELS
from PIL import ImageFont

import mmsia.all  # noqa: F401, registers MMPose's classes, too
from mmsia.paths import project_root

FOLDER = project_root() / "docs" / "figures"
METHODS = ("gog", "siagcn", "klpnet", "cganet", "dir")
FONTS = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def script():
    where = importlib.util.spec_from_file_location("draw", FOLDER / "draw.py")
    module = importlib.util.module_from_spec(where)
    where.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def classes():
    """Every class that a file of mmsia defines."""
    trees = (ast.parse(p.read_text()) for p in (project_root() / "mmsia").rglob("*.py"))
    return {n.name for t in trees for n in t.body if isinstance(n, ast.ClassDef)}


@pytest.fixture(scope="module")
def methods(script):
    return script.yaml.safe_load((FOLDER / "methods.yaml").read_text(encoding="utf-8"))


def boxes_of(method):
    return [box for row in method["rows"] for box in row if isinstance(box, dict)]


def test_committed_figures_are_what_the_script_draws(script):
    drawn = script.draw_all()
    assert set(drawn) == set(METHODS) == {p.stem for p in FOLDER.glob("*.svg")}
    for key, svg in drawn.items():
        path = FOLDER / f"{key}.svg"
        assert path.read_text(encoding="utf-8") == svg, f"run {FOLDER.name}/draw.py"
        assert path.stat().st_size < 30_000


@pytest.mark.parametrize("key", METHODS)
def test_named_classes_exist(methods, classes, key):
    boxes = boxes_of(methods[key])
    names = {name for box in boxes for name in box.get("names", [])}
    assert names and not names - classes
    lines = [line for b in boxes for line in (*b.get("note", []), b.get("frame", ""))]
    words = " ".join(map(str, lines))
    for word in re.findall(r"\b(?:[A-Z][a-z0-9]+){2,}\b", words):
        assert word in classes or MODELS.get(word), word


@pytest.mark.parametrize("key", METHODS)
def test_text_fits_its_box_in_the_widest_of_its_fonts(script, methods, key):
    fonts = {
        "head": ImageFont.truetype(FONTS / "DejaVuSans-Bold.ttf", 100),
        "name": ImageFont.truetype(FONTS / "DejaVuSansMono.ttf", 100),
        "note": ImageFont.truetype(FONTS / "DejaVuSans.ttf", 100),
    }
    sizes = {name: script.NAME_SIZE for name in ("head", "name")}
    sizes["note"] = script.NOTE_SIZE
    for row in methods[key]["rows"]:
        for box in script._place(row, 0).values():
            for style, text in box.lines:
                width = fonts[style].getlength(text) * sizes[style] / 100
                assert width <= box.width - 8, text


@pytest.mark.parametrize("key", METHODS)
def test_boxes_and_arrows_stay_apart(key):
    """No arrow runs through a box, no box over another, and all is on the canvas."""
    root = ET.parse(FOLDER / f"{key}.svg").getroot()  # noqa: S314, our own file
    width, height = (float(root.get(name)) for name in ("width", "height"))
    rects = [
        [float(r.get(name)) for name in ("x", "y", "width", "height")]
        for r in root.iter(f"{SVG}rect")
        if r.get("stroke-width") == "2"
    ]
    for number, (x, y, w, h) in enumerate(rects):
        assert min(x, y) >= 0 and x + w <= width and y + h <= height
        for u, v, k, m in rects[:number]:
            assert x >= u + k or u >= x + w or y >= v + m or v >= y + h
    routes = [p.get("d") for p in root.iter(f"{SVG}path") if p.get("marker-end")]
    assert routes
    for route in routes:
        x1, y1, way, end = re.fullmatch(r"M(\S+) (\S+) ([HV])(\S+)", route).groups()
        x1, y1, end = float(x1), float(y1), float(end)
        x2, y2 = (end, y1) if way == "H" else (x1, end)
        for x, y, w, h in rects:
            inside_x = max(x1, x2) > x + 1 and min(x1, x2) < x + w - 1
            inside_y = max(y1, y2) > y + 1 and min(y1, y2) < y + h - 1
            assert not (inside_x and inside_y), route
