"""ResNet-50 with a feature pyramid, the backbone of Table 1's rows (a) and (b)."""

resnet50 = dict(
    type="ResNet",
    depth=50,
    out_indices=(0, 1, 2, 3),
    init_cfg=dict(type="Pretrained", checkpoint="torchvision://resnet50"),
)
fpn = dict(type="FPN", in_channels=[256, 512, 1024, 2048], out_channels=256, num_outs=4)
# Two towers of four convolutions as wide as the pyramid meet the rows' parameters.
dense_head = dict(in_channels=256, channels=256, lines=False)
