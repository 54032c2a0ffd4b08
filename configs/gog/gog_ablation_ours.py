"""table2, ours: exact encoding, bicubic upsampling, no flip.

The training is that of gog_hg104_coco19_640_noflip.py.
"""

_base_ = "_base_/gog_hg104_coco.py"
codec = dict(encoding="exact", refinement=None, upsampling="bicubic")
long_edge = 640
model = dict(head=dict(decoder=codec), test_cfg=dict(flip_test=False))
