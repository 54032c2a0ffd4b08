"""Layers."""

from mmsia.models.layers.edge_graph_conv import EdgeGraphConv

__all__ = ["EdgeGraphConv"]
