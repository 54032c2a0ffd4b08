"""Links among keypoints as adjacency (KLPNet, Section 3.3.1), and how good they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata

from mmsia.errors import InputError


def true_links(
    parts: np.ndarray, mask: np.ndarray, links: Sequence[Sequence[tuple[int, int]]]
) -> np.ndarray:
    """Adjacency of nodes whose parts are known, from the categories' tables.

    Args:
        parts: (B, N) part of each node, -1 for a node that is none (a false peak).
        mask: (B, N) bool, where there is a node.
        links: Pairs of parts, of each instance's category.

    Returns:
        (B, N, N) float32 symmetric, 1 on the diagonal of nodes.
    """
    batch, number = parts.shape
    adjacency = np.zeros((batch, number, number), dtype=np.float32)
    highest = max(
        [-1, *parts.ravel(), *(p for some in links for pair in some for p in pair)]
    )
    for instance, pairs in enumerate(links):
        # the last row and column, which -1 reads, stand for no part
        table = np.zeros((highest + 2, highest + 2), dtype=np.float32)
        if len(pairs):
            first, second = np.asarray(pairs).T
            table[first, second] = table[second, first] = 1
        adjacency[instance] = table[parts[instance]][:, parts[instance]]
    adjacency *= mask[:, :, None] & mask[:, None, :]
    index = np.arange(number)
    adjacency[:, index, index] = mask
    return adjacency


@dataclass(frozen=True)
class LinkScores:
    """How well links were predicted, each in [0, 1].

    Attributes:
        average_precision: Area under precision over recall, by steps.
        area: Under the ROC: that a link has a higher probability than another pair.
        f1: At the threshold.
    """

    average_precision: float
    area: float
    f1: float


def score_links(
    probabilities: np.ndarray,
    adjacency: np.ndarray,
    mask: np.ndarray,
    threshold: float = 0.5,
) -> LinkScores:
    """Score the pairs of all instances together; pairs count once, none with itself.

    Args:
        probabilities: (B, N, N) symmetric.
        adjacency: (B, N, N) true links.
        mask: (B, N) bool, where there is a node.
        threshold: Probability from which a link is predicted.

    Returns:
        The scores; NaN where there is no link, or nothing but links.

    Raises:
        InputError: Shapes that do not fit, or probabilities that are not finite.
    """
    number = mask.shape[-1]
    once = np.triu(np.ones((number, number), dtype=bool), 1)
    pairs = mask[:, :, None] & mask[:, None, :] & once
    shapes = (np.shape(probabilities), np.shape(adjacency))
    if shapes != (pairs.shape,) * 2 or not np.isfinite(probabilities[pairs]).all():
        raise InputError(
            "scores of links",
            expected=f"finite probabilities and true links {pairs.shape}",
            got=f"{shapes[0]} and {shapes[1]}",
        )
    guess, truth = probabilities[pairs].astype(np.float64), adjacency[pairs] > 0
    links, others = int(truth.sum()), int((~truth).sum())
    chosen = guess >= threshold
    both = int((chosen & truth).sum())
    total = int(chosen.sum()) + links
    precision = np.nan
    if links:
        order = np.argsort(-guess, kind="stable")
        # equal probabilities come in or stay out together
        last = np.append(np.diff(guess[order]) != 0, True)
        hits = np.cumsum(truth[order])[last]
        taken = np.flatnonzero(last) + 1
        precision = float((np.diff(hits, prepend=0) * hits / taken).sum() / links)
    area = np.nan
    if links and others:
        ranks = rankdata(guess)[truth].sum() - links * (links + 1) / 2
        area = float(ranks / links / others)
    return LinkScores(precision, area, 2 * both / total if total else np.nan)
