"""Layers."""

from mmsia.models.layers.canonical_feature_bank import CanonicalFeatureBank
from mmsia.models.layers.edge_graph_conv import EdgeGraphConv
from mmsia.models.layers.sia_gcn import SIAGCN

__all__ = ["SIAGCN", "CanonicalFeatureBank", "EdgeGraphConv"]
