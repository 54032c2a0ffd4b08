"""upper-bounds, 44-limbs: the same with 44 limbs; no network."""

_base_ = "upper-bounds_default.py"
codec = dict(limbs="coco44")
