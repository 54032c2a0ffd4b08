"""table1, ours-1: 19 limbs, long edge 640, without flip.

The FPS columns are this config's on the table's device; FP16: test_cfg.fp16=True.
"""

_base_ = "_base_/gog_hg104_coco.py"
codec = dict(limbs="coco19")
long_edge = 640
model = dict(test_cfg=dict(flip_test=False))
