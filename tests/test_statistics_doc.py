"""docs/statistics.md: its example prints what the page says."""

from __future__ import annotations

import contextlib
import io
import re

from mmsia.paths import project_root


def test_the_worked_example_prints_what_the_page_says() -> None:
    page = (project_root() / "docs" / "statistics.md").read_text()
    (code,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    (said,) = re.findall(r"```text\n(.*?)```", page, re.DOTALL)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(code, "docs/statistics.md", "exec"), {})  # noqa: S102
    assert printed.getvalue() == said
