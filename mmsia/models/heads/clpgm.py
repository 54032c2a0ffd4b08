"""Conditional Link Prediction Graph Module of KLPNet (Section 3.3).

A variational graph autoencoder on the keypoints of an instance, given its category:
features, places and category make the nodes, four layers and two linear maps give mean
and deviation of z (Eq. 6), the inner product of two nodes' z their link (Eq. 7).

Differs from the print where the print cannot be meant: the encoder sees a complete
graph (the true links as input would give the answer away, and none are known in a
test), (c - c_i)^2 is the squared error of the predicted distribution of categories
(their numbers have no order), and the ELBO is maximised, its minus sign added.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from mmengine.model import BaseModule
from mmpose.registry import MODELS
from torch import Tensor, nn
from torch.nn import functional

from mmsia.errors import ConfigError, InputError
from mmsia.models.layers.link_encoder import (
    GraphLayer,
    complete_graph,
    normalise_adjacency,
)

EMBEDDING_STD = 0.1


class Nodes(NamedTuple):
    """Keypoints of B instances, padded to N.

    Attributes:
        features: (B, N, D) of the keypoints, as CKLMHead gives them.
        positions: (B, N, 2) in the instance's box, (0, 0) to (1, 1).
        labels: (B,) int64 category.
        mask: (B, N) bool, where there is a keypoint.
        responses: (B, N) of the confidence map at the keypoints; None: all 1.
    """

    features: Tensor
    positions: Tensor
    labels: Tensor
    mask: Tensor
    responses: Tensor | None = None


@MODELS.register_module()
class CLPGM(BaseModule):
    """Links among the keypoints of instances of many categories.

    paper silent: node features (map at the keypoint, place in the box, an embedding of
    the category), widths, normalisation of A, who predicts the category of the loss
    (here two layers on the mean of what nodes are without it), the weights, the start
    (Glorot's, and a small embedding: what an instance's nodes share must not outweigh
    what they differ in, or nothing is learned for long).

    Args:
        num_classes: Categories.
        feature_dim: D.
        widths: Of the four layers.
        latent_dim: F, length of z.
        embedding_dim: Of a category.
        conditional: Whether nodes know the category; without it class-agnostic.
        keep_own: As GraphLayer.
        has_links: (num_classes,) bool, categories that have a skeleton; others get no
            links and no loss of links. None: all.
        tau: Of Eq. (5): a node counts tau * max(response, 0) times.
        piecewise: The loss as printed: instances whose category is predicted wrongly
            have the category's part alone, others that of the links. False: both.
        class_weight: Of the category's part.
        link_weight: Of the other parts.
        kl_weight: Of the KL within these. At 1, the ELBO as printed, a dozen nodes gain
            less from telling links apart than their z cost: z collapses to the normal
            and all links have the same probability.
        threshold: Probability from which a link is predicted.
        init_cfg: As BaseModule.

    Raises:
        ConfigError: Options that make no network.
    """

    def __init__(
        self,
        num_classes: int,
        feature_dim: int = 256,
        widths: Sequence[int] = (128, 128, 64, 64),
        latent_dim: int = 16,
        embedding_dim: int = 32,
        conditional: bool = True,
        keep_own: bool = True,
        has_links: Sequence[bool] | None = None,
        tau: float = 1.0,
        piecewise: bool = True,
        class_weight: float = 1.0,
        link_weight: float = 1.0,
        kl_weight: float = 0.01,
        threshold: float = 0.5,
        init_cfg: dict[str, Any] | list[dict[str, Any]] | None = None,
    ) -> None:
        super().__init__(init_cfg=init_cfg)
        linked = [True] * num_classes if has_links is None else list(has_links)
        sizes = (num_classes, feature_dim, latent_dim, embedding_dim, *widths)
        if not widths or min(sizes) < 1 or len(linked) != num_classes or tau < 0:
            raise ConfigError(
                "CLPGM",
                expected="sizes above 0, has_links for each category, tau of 0 or more",
                got=f"{num_classes} categories, features {feature_dim}, widths "
                f"{tuple(widths)}, latent {latent_dim}, embedding {embedding_dim}, "
                f"{len(linked)} has_links, tau {tau}",
            )
        self.feature_dim, self.tau, self.threshold = feature_dim, tau, threshold
        self.piecewise = piecewise
        self.class_weight, self.link_weight = class_weight, link_weight
        self.kl_weight = kl_weight * link_weight
        self.register_buffer("has_links", torch.tensor(linked), persistent=False)
        plain = feature_dim + 2
        self.embedding = None
        if conditional:
            self.embedding = nn.Embedding(num_classes, embedding_dim)
            nn.init.normal_(self.embedding.weight, std=EMBEDDING_STD)
        before = plain + (embedding_dim if conditional else 0)
        self.layers = nn.ModuleList(
            GraphLayer(wide, width, keep_own)
            for wide, width in zip([before, *widths], widths, strict=False)
        )
        self.mean = nn.Linear(widths[-1], latent_dim)
        self.log_deviation = nn.Linear(widths[-1], latent_dim)
        for linear in (self.mean, self.log_deviation):
            nn.init.xavier_uniform_(linear.weight)
        self.classifier = nn.Sequential(
            nn.Linear(plain, widths[-1]), nn.Tanh(), nn.Linear(widths[-1], num_classes)
        )

    def forward(self, nodes: Nodes) -> tuple[Tensor, Tensor, Tensor]:
        """Encode (Eq. 6).

        Args:
            nodes: Of B instances.

        Returns:
            Mean and logarithm of the deviation of z, (B, N, F), 0 where there is no
            node, and the logits of the category, (B, num_classes).

        Raises:
            InputError: Nodes of other shapes, or that are not finite.
        """
        self._check(nodes)
        present = nodes.mask[..., None]
        plain = torch.cat([nodes.features, nodes.positions.to(nodes.features)], dim=-1)
        plain = plain.to(self.mean.weight.dtype).masked_fill(~present, 0)
        number = present.sum(dim=1).clamp(min=1)
        logits = self.classifier(plain.sum(dim=1) / number)
        z = plain
        if self.embedding is not None:
            category = self.embedding(nodes.labels)[:, None]
            z = torch.cat([plain, category.expand(-1, plain.shape[1], -1)], dim=-1)
        adjacency = normalise_adjacency(complete_graph(nodes.mask)).to(z.dtype)
        for layer in self.layers:
            z = layer(z, adjacency)
        return self.mean(z) * present, self.log_deviation(z) * present, logits

    def decode(self, z: Tensor, nodes: Nodes) -> Tensor:
        """Logits (B, N, N) of links, -inf where there can be none (Eq. 7).

        Args:
            z: (B, N, F).
            nodes: Of B instances.
        """
        logits = z @ z.transpose(1, 2)
        return logits.masked_fill(~self._pairs(nodes), -torch.inf)

    def predict(self, nodes: Nodes) -> Tensor:
        """Probabilities of links (B, N, N): symmetric, 1 on the diagonal of nodes.

        The mean of z is used, as in the paper's non-probabilistic variant.

        Args:
            nodes: Of B instances.

        Raises:
            InputError: As `forward`.
        """
        mean, _, _ = self(nodes)
        own = torch.diag_embed(nodes.mask.to(mean.dtype))
        return self.decode(mean, nodes).sigmoid() + own

    def links(self, nodes: Nodes) -> list[tuple[Tensor, Tensor]]:
        """Predicted links of each instance: pairs (L, 2), first < second, and scores.

        Args:
            nodes: Of B instances.
        """
        upper = self.predict(nodes).triu(diagonal=1)
        found = []
        for scores in upper:
            pairs = (scores >= self.threshold).nonzero()
            found.append((pairs, scores[pairs[:, 0], pairs[:, 1]]))
        return found

    def loss(
        self,
        nodes: Nodes,
        adjacency: Tensor,
        generator: torch.Generator | None = None,
    ) -> dict[str, Tensor]:
        """Parts of the link loss, means over the instances that have keypoints.

        Args:
            nodes: Of B instances.
            adjacency: (B, N, N) true links, symmetric 0 or 1; diagonal and padding do
                not count.
            generator: Of the noise of z.

        Returns:
            `loss_link_class`, `loss_link_adjacency`, `loss_link_kl`.

        Raises:
            InputError: As `forward`, or links of another shape.
        """
        if adjacency.shape != (*nodes.mask.shape, nodes.mask.shape[1]):
            raise InputError(
                "CLPGM: true links",
                expected=f"{(*nodes.mask.shape, nodes.mask.shape[1])}",
                got=str(tuple(adjacency.shape)),
            )
        mean, log_deviation, logits = self(nodes)
        noise = torch.randn(mean.shape, generator=generator, device=mean.device)
        z = mean + noise.to(mean.dtype) * log_deviation.exp()
        present = nodes.mask.any(dim=1)
        right = (logits.argmax(dim=1) == nodes.labels) & present
        wrong, linked = present & ~right, right
        if not self.piecewise:
            wrong = linked = present
        linked = linked & self.has_links[nodes.labels]
        one_hot = functional.one_hot(nodes.labels, logits.shape[1])
        squared = (logits.softmax(dim=1) - one_hot).square().sum(dim=1)
        kl = _kl_to_normal(mean, log_deviation, nodes.mask)
        links = self._reconstruction(z, nodes, adjacency)
        number = present.sum().clamp(min=1)
        return {
            "loss_link_class": self.class_weight * (squared * wrong).sum() / number,
            "loss_link_adjacency": self.link_weight * (links * linked).sum() / number,
            "loss_link_kl": self.kl_weight * (kl * linked).sum() / number,
        }

    def _reconstruction(self, z: Tensor, nodes: Nodes, adjacency: Tensor) -> Tensor:
        """Minus the log likelihood of A, weighted mean over pairs, (B,) (Eq. 4, 5).

        Links and other pairs have the same weight altogether, as in VGAE.
        """
        pairs = self._pairs(nodes).float()
        truth = adjacency.float() * pairs
        links = truth.sum(dim=(1, 2))
        others = pairs.sum(dim=(1, 2)) - links
        weight = others.clamp(min=1) / links.clamp(min=1)
        balanced = pairs * (1 + truth * (weight[:, None, None] - 1))
        each = functional.binary_cross_entropy_with_logits(
            z @ z.transpose(1, 2), truth, weight=balanced, reduction="none"
        )
        times = nodes.mask.to(each.dtype)
        if nodes.responses is not None:
            responses = nodes.responses.to(each.dtype)
            times = responses.masked_fill(~nodes.mask, 0).clamp(min=0)
        total = (self.tau * times[..., None] * each).sum(dim=(1, 2))
        return total / balanced.sum(dim=(1, 2)).clamp(min=1e-12)

    def _pairs(self, nodes: Nodes) -> Tensor:
        """(B, N, N) bool: two keypoints of an instance whose category has links."""
        pairs = complete_graph(nodes.mask) > 0
        pairs = pairs & self.has_links[nodes.labels][:, None, None]
        own = torch.eye(pairs.shape[1], dtype=torch.bool, device=pairs.device)
        return pairs & ~own

    def _check(self, nodes: Nodes) -> None:
        batch, number = nodes.mask.shape
        categories = len(self.has_links)
        shapes = [tuple(nodes.features.shape), tuple(nodes.positions.shape)]
        wanted = [(batch, number, self.feature_dim), (batch, number, 2)]
        labels = nodes.labels
        if shapes != wanted or labels.shape != (batch,):
            problem = f"{shapes[0]} and {shapes[1]}, labels {tuple(labels.shape)}"
        elif not ((labels >= 0) & (labels < categories)).all():
            problem = f"labels {labels.min()} to {labels.max()}"
        else:
            values = [v for v in nodes if v is not None and v.is_floating_point()]
            odd = sum(int((~torch.isfinite(v[nodes.mask])).sum()) for v in values)
            problem = f"{odd} that are not" if odd else ""
        if problem:
            raise InputError(
                "CLPGM: nodes",
                expected=f"finite features {wanted[0]} and positions {wanted[1]}, "
                f"({batch},) labels below {categories}",
                got=problem,
                remedy="NaN comes from a diverged training or a wrong box",
            )


def _kl_to_normal(mean: Tensor, log_deviation: Tensor, mask: Tensor) -> Tensor:
    """KL of z to the standard normal, (B,): mean over nodes, over their number.

    The second division by N is VGAE's weight of this part.
    """
    each = mean.square() + (2 * log_deviation).exp() - 1 - 2 * log_deviation
    number = mask.sum(dim=1).clamp(min=1)
    return 0.5 * (each.sum(dim=-1) * mask).sum(dim=1) / number.square()
