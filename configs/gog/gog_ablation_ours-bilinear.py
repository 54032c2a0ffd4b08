"""table2, ours-bilinear: the network of gog_ablation_ours.py, bilinear upsampling."""

_base_ = "_base_/gog_hg104_coco.py"
codec = dict(encoding="exact", refinement=None, upsampling="bilinear")
long_edge = 640
model = dict(head=dict(decoder=codec), test_cfg=dict(flip_test=False))
