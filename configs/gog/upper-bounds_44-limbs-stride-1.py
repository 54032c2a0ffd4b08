"""upper-bounds, 44-limbs-stride-1: 44 limbs, output stride 1; no network."""

_base_ = "upper-bounds_default.py"
codec = dict(limbs="coco44", heatmap_stride=1)
