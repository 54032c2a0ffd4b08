"""TNet's weights of ImageNet, as trainings of pretrain/ leave them.

They are not published: rows are `no-pretrain`. A row that starts from them names this
file among its bases and has

    model = dict(backbone=dict(init_cfg=_base_.tnet_d1w64))
"""

tnet_d1w64 = dict(
    type="Pretrained",
    prefix="backbone.",
    checkpoint="work_dirs/tnet-d1w64_imagenet/epoch_90.pth",
)
tnet_d3w96 = dict(tnet_d1w64, checkpoint="work_dirs/tnet-d3w96_imagenet/epoch_90.pth")
# separated models: TNet with its reverse path from output to output
tnet_d3w64_seq = dict(
    tnet_d1w64, checkpoint="work_dirs/tnet-d3w64-seq_imagenet/epoch_90.pth"
)
tnet_d3w96_seq = dict(
    tnet_d1w64, checkpoint="work_dirs/tnet-d3w96-seq_imagenet/epoch_90.pth"
)
