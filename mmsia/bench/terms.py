"""The closed vocabularies of the engine: evidence, scale, status, verdict, reason."""

from __future__ import annotations

from enum import StrEnum


class Evidence(StrEnum):
    """What kind of proof a cell can have; a report never mixes them up."""

    STRUCTURE = "structure"
    EFFICIENCY = "efficiency"
    ORACLE = "oracle"
    INFERENCE = "inference"
    TRAINING = "training"
    FIGURE = "figure"


class Scale(StrEnum):
    """How much of the paper's experiment is run."""

    SMOKE = "smoke"
    MINI = "mini"
    PAPER = "paper"


class Status(StrEnum):
    """How a run ended."""

    DONE = "done"
    CACHED = "cached"
    SKIPPED = "skipped"
    FAILED = "failed"
    TIMEOUT = "timeout"
    INTERRUPTED = "interrupted"


class Reason(StrEnum):
    """Why a cell was not run."""

    EXTERNAL = "external"
    DERIVED = "derived"
    BUDGET = "budget"
    NEEDS_SERVER = "needs-server"
    NEEDS_TRAINING = "needs-training"
    NEEDS_WEIGHTS = "needs-weights"
    NEEDS_DATA = "needs-data"
    NEEDS_GPU = "needs-gpu"
    OTHER_EVIDENCE = "other-evidence"


class Verdict(StrEnum):
    """How a cell compares with what was printed."""

    MATCH = "match"
    BETTER = "better"
    WORSE = "worse"
    INCONCLUSIVE = "inconclusive"
    FITTED = "fitted"
    DIFFERS = "differs"
    FINDING = "finding"
    PARTIAL = "partial"
    NOT_COMPARABLE = "not-comparable"
    NO_REFERENCE = "no-reference"
    SKIPPED = "skipped"
    FAILED = "failed"


SYMBOLS = {
    Verdict.MATCH: "✓",
    Verdict.BETTER: "▲",
    Verdict.WORSE: "▼",
    Verdict.INCONCLUSIVE: "?",
    Verdict.FITTED: "≈",
    Verdict.DIFFERS: "△",
    Verdict.FINDING: "!",
    Verdict.PARTIAL: "◐",
    Verdict.NOT_COMPARABLE: "≠",
    Verdict.NO_REFERENCE: "·",
    Verdict.SKIPPED: "–",
    Verdict.FAILED: "✗",
}
"""One sign a verdict, so that colour is never the only carrier."""

MEANINGS = {
    Verdict.MATCH: "the interval of the difference lies inside the margin",
    Verdict.BETTER: "the interval lies wholly beyond the margin, on the good side",
    Verdict.WORSE: "the interval lies wholly beyond the margin, on the bad side",
    Verdict.INCONCLUSIVE: "the interval crosses a margin: more data would be needed",
    Verdict.FITTED: "a count inside the margin that the structure was chosen to meet",
    Verdict.DIFFERS: "a count outside the margin: counts have no interval",
    Verdict.FINDING: "the printed number itself cannot be: see the reason",
    Verdict.PARTIAL: "computed on a part of the data: never counted as a match",
    Verdict.NOT_COMPARABLE: "other data, another scale or another quantity",
    Verdict.NO_REFERENCE: "nothing was printed",
    Verdict.SKIPPED: "not run, for the reason given",
    Verdict.FAILED: "the run failed",
}
"""What each verdict means, printed in every report."""


class ClaimVerdict(StrEnum):
    """What runs say of a statement of a paper."""

    HOLDS = "holds"
    CONTRARY = "contrary"
    FAILS = "fails"
    INCONCLUSIVE = "inconclusive"
    UNDERPOWERED = "underpowered"
    NOT_RUN = "not-run"


CLAIM_SYMBOLS = {
    ClaimVerdict.HOLDS: "✓",
    ClaimVerdict.CONTRARY: "⇄",
    ClaimVerdict.FAILS: "✗",
    ClaimVerdict.INCONCLUSIVE: "?",
    ClaimVerdict.UNDERPOWERED: "∿",
    ClaimVerdict.NOT_RUN: "–",
}
"""One sign a claim's verdict."""

CLAIM_MEANINGS = {
    ClaimVerdict.HOLDS: "the effect is on the claimed side, also after Holm's "
    "correction over the paper's claims",
    ClaimVerdict.CONTRARY: "it is on the other side, but not at the paper's scale: "
    "no refutation",
    ClaimVerdict.FAILS: "it is on the other side, with the paper's data and schedule",
    ClaimVerdict.INCONCLUSIVE: "neither side is excluded, though an effect of the "
    "printed size would have been seen",
    ClaimVerdict.UNDERPOWERED: "neither side is excluded, and an effect of the printed "
    "size could have been missed",
    ClaimVerdict.NOT_RUN: "not run, for the reason given",
}
"""What each verdict of a claim means, printed in every report."""
