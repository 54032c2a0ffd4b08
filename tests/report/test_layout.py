"""The page in a real browser, wide and narrow: nothing runs out, nothing overlaps."""

from __future__ import annotations

import html
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from mmsia.bench.anchors import AnchorState, Standing, load_anchors, save_anchors
from mmsia.bench.plan import Options, make_plan
from mmsia.bench.run import run_plan
from mmsia.bench.session import table_states
from mmsia.bench.store import Store
from mmsia.bench.terms import Scale
from mmsia.report.write import write_report

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
MEASURE = """
<script>
window.addEventListener("load", () => {
  const wide = document.documentElement.clientWidth;
  const box = e => e.getBoundingClientRect();
  const name = e => e.tagName + "." + e.className + ": " + e.textContent.slice(0, 40);
  const shown = [...document.querySelectorAll("main *")].filter(
    e => !e.closest("picture") && box(e).width > 0 && e.checkVisibility());
  const out = shown.filter(e => box(e).right > wide + 1 || box(e).left < -1).map(name);
  const texts = shown.filter(e => e.children.length === 0 && e.textContent.trim());
  const crossing = [];
  const blocks = texts.filter(e => getComputedStyle(e).display !== "inline")
    .map(e => ({e, box: box(e)})).sort((a, b) => a.box.top - b.box.top);
  // From top to bottom: only what begins above the end of another can cross it.
  blocks.forEach(({e, box: a}, i) => {
    for (let j = i + 1; j < blocks.length && blocks[j].box.top < a.bottom - 4; j++) {
      const b = blocks[j].box;
      const x = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const y = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      if (x > 2 && y > 4) crossing.push(name(e) + " / " + name(blocks[j].e));
    }
  });
  const found = {wide, count: texts.length, out, crossing};
  parent.postMessage(JSON.stringify(found), "*");
});
</script>
"""
# Chromium's own windows are not narrower than 500 pixels; a frame can be.
FRAME = """
<body><iframe src="page.html" style="width: {width}px; height: 1000px; border: 0">
</iframe><script>
window.addEventListener("message", event => {{
  const pre = document.createElement("pre");
  pre.id = "found";
  pre.textContent = event.data;
  document.body.append(pre);
}});
</script></body>
"""


@pytest.fixture
def page(catalogue, make_states, tmp_path: Path) -> str:
    if CHROMIUM is None:
        pytest.skip("no chromium on this machine")
    store = Store(tmp_path / "runs")
    # with the longest words that a page has: names of files and where they are
    why = {a.id: f"no {a.file}; it is at {a.url}" for a in load_anchors().values()}
    states = {
        name: AnchorState(Standing.NOT_RUN, why=text) for name, text in why.items()
    }
    save_anchors(tmp_path, states)
    report = write_report(tmp_path, catalogue, make_states(store), store)
    return report.path.read_text().replace("<details>", "<details open>")


def _measure(page: str, folder: Path, width: int) -> dict:
    """What the browser found: elements out of the page, texts over each other."""
    (folder / "page.html").write_text(page.replace("</body>", MEASURE + "</body>"))
    path = folder / "frame.html"
    path.write_text(FRAME.format(width=width))
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    done = subprocess.run(
        [
            *(CHROMIUM, "--headless", "--disable-gpu", *sandbox),
            *("--disable-background-networking", f"--user-data-dir={folder / 'u'}"),
            *("--window-size=1400,1100", "--virtual-time-budget=5000"),
            *("--dump-dom", path.as_uri()),
        ],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    match = re.search(r'<pre id="found">(.*?)</pre>', done.stdout, re.DOTALL)
    return json.loads(html.unescape(match[1]))


@pytest.mark.parametrize("width", [1280, 720, 400])
def test_everything_fits(page: str, tmp_path: Path, width: int) -> None:
    found = _measure(page, tmp_path, width)
    # A scroll bar may take some of the width.
    assert width - 20 <= found["wide"] <= width
    assert found["count"] > 200
    assert found["out"] == []
    assert found["crossing"] == []


@pytest.mark.parametrize(
    "width", [1280, 400, pytest.param(820, marks=pytest.mark.slow)]
)
def test_all_tables_of_all_papers_fit(
    catalogue, data, made_up, tmp_path: Path, width: int
) -> None:
    if CHROMIUM is None:
        pytest.skip("no chromium on this machine")
    store, options = Store(tmp_path / "runs"), Options(Scale.SMOKE, num_draws=10)
    plan = make_plan(catalogue.values(), options, data)
    outcomes = run_plan(plan, data, store, command="mmsia x", execute=made_up)
    states = table_states(plan, outcomes, options, data, "mmsia x")
    assert len(states) == 24
    report = write_report(tmp_path, catalogue, states, store)
    page = report.path.read_text().replace("<details>", "<details open>")
    found = _measure(page, tmp_path, width)
    assert found["count"] > 2000
    assert (found["out"], found["crossing"]) == ([], [])


def test_what_does_not_fit_is_found(page: str, tmp_path: Path) -> None:
    wide = '<div style="width: 2000px">wide</div>'
    over = '<p style="position: absolute; top: 20px; left: 20px">over the title</p>'
    found = _measure(page.replace("<main>", f"<main>{wide}{over}"), tmp_path, 400)
    assert any("wide" in name for name in found["out"])
    assert any("over the title" in pair for pair in found["crossing"])
