"""Rows without a recipe, as table scripts name them: the reason and its words."""

from __future__ import annotations

from mmsia.bench.recipe import Row
from mmsia.bench.terms import Reason

EXTERNAL = Row(reason=Reason.EXTERNAL, why="another group's method and weights")

NOT_BUILT = Row(
    reason=Reason.NOT_BUILT, why="the method is not in this version of mmsia"
)

DERIVED = Row(
    reason=Reason.DERIVED,
    why="computed from other rows of the table; `mmsia audit` recomputes the print",
)


def not_built(what: str) -> Row:
    """A row of a method that is not built, with what is there already.

    Args:
        what: What a reader should know beyond that, as a clause.
    """
    return Row(reason=Reason.NOT_BUILT, why=f"{NOT_BUILT.why}; {what}")
