"""DIR's graph convolution against a loop over joints and neighbours."""

from __future__ import annotations

import numpy as np
import torch

from mmsia.models.layers.hand_graph import HandGraph, NodeGraphConv
from mmsia.ops.graphs import HAND_LINKS


def layer(features: int = 3, out: int = 4) -> NodeGraphConv:
    torch.manual_seed(0)
    made = NodeGraphConv(features, out)
    torch.nn.init.normal_(made.edges)
    torch.nn.init.normal_(made.bias)
    return made


def test_agrees_with_a_loop() -> None:
    made = layer()
    joints = torch.randn(2, 21, 3)
    numbers = {}
    for (a, c), there, back in zip(
        HAND_LINKS, made.edges[:20].tolist(), made.edges[20:].tolist(), strict=True
    ):
        numbers[a, c], numbers[c, a] = there, back
    weight, bias = made.weight.detach().numpy(), made.bias.detach().numpy()
    wanted = np.zeros((2, 21, 4))
    for image in range(2):
        for j in range(21):
            x = joints[image].numpy()
            near = [k for at, k in numbers if at == j]
            total = sum(np.exp(numbers[j, k]) for k in near)
            wanted[image, j] = x[j] @ weight[0, j] + bias
            for k in near:
                share = np.exp(numbers[j, k]) / total
                wanted[image, j] += share * (x[k] @ weight[1, k])
    np.testing.assert_allclose(made(joints).detach(), wanted, atol=1e-5)


def test_shares_sum_to_one_on_40_directed_edges() -> None:
    shares = layer().shares().detach()
    np.testing.assert_allclose(shares.sum(1), np.ones(21), rtol=1e-6)
    edges = {tuple(edge) for edge in shares.nonzero().tolist()}
    assert edges == {*HAND_LINKS, *((c, a) for a, c in HAND_LINKS)}
    assert len(edges) == 40
    fresh = NodeGraphConv(2, 2).shares()
    np.testing.assert_allclose(fresh[0, [1, 5, 9, 13, 17]].detach(), [0.2] * 5)


def test_a_matrix_is_drawn_by_its_own_size() -> None:
    torch.manual_seed(0)
    weight = NodeGraphConv(64, 32).weight.detach()
    bound = 1.414 * (6 / (64 + 32)) ** 0.5
    assert 0.98 * bound < weight.flatten(2).abs().amax(-1).min()
    assert weight.abs().max() <= bound


def test_four_layers_reach_four_bones_far_and_have_no_residual() -> None:
    graph = HandGraph(4).eval()
    joints = torch.randn(1, 21, 4, generator=torch.Generator().manual_seed(0))
    joints.requires_grad_()
    (gradient,) = torch.autograd.grad(graph(joints)[0, 4].sum(), joints)
    reached = gradient[0].abs().sum(-1).nonzero().flatten().tolist()
    assert set(reached) <= {0, 1, 2, 3, 4} and 4 in reached
    for made in graph.layers:
        torch.nn.init.zeros_(made.weight)
    assert graph(joints).abs().max() == 0
