"""Rows without a recipe, as table scripts name them: the reason and its words."""

from __future__ import annotations

from mmsia.bench.recipe import Row
from mmsia.bench.terms import Reason

EXTERNAL = Row(reason=Reason.EXTERNAL, why="another group's method and weights")

DERIVED = Row(
    reason=Reason.DERIVED,
    why="computed from other rows of the table; `mmsia audit` recomputes the print",
)
