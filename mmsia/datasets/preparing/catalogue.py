"""The data sets that can be prepared: where they come from, what they must hold.

Addresses, licences and counts are those of the publishers' pages, as named beside them.
"""

from __future__ import annotations

from mmsia.datasets.coco_keypoints import VAL2017_NUM_ANNOTATED, VAL2017_NUM_IMAGES
from mmsia.datasets.preparing.hands import (
    convert_mhp_folder,
    convert_mpii_nzsl_folder,
    convert_panoptic_folder,
)
from mmsia.datasets.preparing.interhand import INTERHAND
from mmsia.datasets.preparing.objects import (
    convert_objectnet3d_folder,
    convert_pascal3d_folder,
)
from mmsia.datasets.preparing.pieces import FILES, DataSet, Expected, Piece
from mmsia.errors import InputError

_COCO = "http://images.cocodataset.org"
_COCO_PAGE = "COCO's release of 2017"
_CMU = "http://domedb.perception.cs.cmu.edu"
_CMU_PAGE = f"{_CMU}/handdb.html"
_STANFORD = "ftp://cs.stanford.edu/cs/cvgl"
_DETECTIONS = "MMPose's page on COCO: the shared folder person_detection_results"


def _coco_images(split: str, *, needed: bool) -> Piece:
    return Piece(
        path=split,
        files=("*.jpg",),
        archives=(f"{split}.zip",),
        source=f"{_COCO}/zips/{split}.zip",
        needed=needed,
    )


COCO = DataSet(
    name="coco",
    title="COCO 2017",
    licence="annotations CC BY 4.0; images under Flickr's terms of use",
    pieces=(
        Piece(
            path="annotations",
            files=(
                "person_keypoints_val2017.json",
                "person_keypoints_train2017.json",
                "instances_val2017.json",
                "instances_train2017.json",
            ),
            archives=("annotations_trainval2017.zip",),
            source=f"{_COCO}/annotations/annotations_trainval2017.zip",
        ),
        _coco_images("val2017", needed=True),
        # For training alone; scores need the validation images.
        _coco_images("train2017", needed=False),
        _coco_images("test2017", needed=False),
        Piece(
            path="annotations",
            files=("image_info_test-dev2017.json",),
            archives=("image_info_test2017.zip",),
            source=f"{_COCO}/annotations/image_info_test2017.zip",
            needed=False,
        ),
        Piece(
            path="person_detection_results",
            files=("COCO_val2017_detections_AP_H_56_person.json",),
            also=("COCO_test-dev2017_detections_AP_H_609_person.json",),
            archives=("person_detection_results.zip",),
            source=_DETECTIONS,
            needed=False,
        ),
    ),
    annotations=(
        "annotations/person_keypoints_*.json",
        "annotations/instances_*.json",
        "annotations/image_info_test-dev2017.json",
    ),
    image_folders={
        "*_val2017.json": "val2017",
        "*_train2017.json": "train2017",
        "*_test-dev2017.json": "test2017",
    },
    expected=(
        Expected(
            file="annotations/person_keypoints_val2017.json",
            counts={
                "images": VAL2017_NUM_IMAGES,
                "annotated_images": VAL2017_NUM_ANNOTATED,
            },
            source=_COCO_PAGE,
        ),
        Expected(
            file="annotations/person_keypoints_train2017.json",
            counts={"images": 118287},
            source=_COCO_PAGE,
        ),
        Expected(
            file="annotations/instances_val2017.json",
            counts={"images": VAL2017_NUM_IMAGES},
            source=_COCO_PAGE,
        ),
        Expected(
            file="annotations/instances_train2017.json",
            counts={"images": 118287},
            source=_COCO_PAGE,
        ),
    ),
)

PANOPTIC = DataSet(
    name="panoptic",
    title="CMU Panoptic hands",
    licence="non-commercial research only",
    pieces=(
        Piece(
            path="hand143_panopticdb",
            files=("hands_v143_14817.json", "imgs/*.jpg"),
            archives=("hand143_panopticdb.tar*",),
            source=f"{_CMU}/panopticDB/hands/hand143_panopticdb.tar",
        ),
    ),
    convert=convert_panoptic_folder,
    annotations=("annotations/panoptic_train.json",),
    expected=(
        Expected(
            file="annotations/panoptic_train.json",
            counts={"images": 14817, "instances": 14817},
            source=_CMU_PAGE,
        ),
    ),
)


def _manual_hands(part: str) -> Piece:
    return Piece(
        path=f"manual_{part}",
        files=("*.jpg", "*.json"),
        archives=("hand_labels.zip",),
        source=f"{_CMU}/panopticDB/hands/hand_labels.zip",
    )


MPII_NZSL = DataSet(
    name="mpii_nzsl",
    title="MPII+NZSL hands",
    licence="non-commercial research only",
    pieces=(_manual_hands("train"), _manual_hands("test")),
    convert=convert_mpii_nzsl_folder,
    annotations=("annotations/mpii_nzsl_*.json",),
    expected=(
        Expected(
            file="annotations/mpii_nzsl_train.json",
            counts={"instances": 1912},
            source=_CMU_PAGE,
        ),
        Expected(
            file="annotations/mpii_nzsl_test.json",
            counts={"instances": 846},
            source=_CMU_PAGE,
        ),
    ),
)

MHP = DataSet(
    name="mhp",
    title="Large-scale Multiview 3D Hand Pose Dataset",
    licence="see its page, which asks for a citation",
    pieces=(
        Piece(
            path="annotated_frames",
            files=("data_*/*_webcam_*.jpg",),
            also=("data_*/*_jointsCam_*.txt",),
            archives=("annotated_frames.*",),
            source="http://www.rovit.ua.es/dataset/mhpdataset; unpack other archives "
            "than zip and tar yourself",
        ),
        Piece(
            path="projections_2d",
            files=("data_*/*_jointsCam_*.txt",),
            archives=("projections_2d.*",),
            source="the release's script that projects the joints; not needed where "
            "their files lie beside the images",
            needed=False,
        ),
    ),
    convert=convert_mhp_folder,
    annotations=("annotations/mhp.json",),
)

PASCAL3D = DataSet(
    name="pascal3d",
    title="Pascal3D+ 1.1",
    licence="see its page; images under PASCAL VOC's and ImageNet's terms",
    pieces=tuple(
        Piece(
            path=path,
            files=files,
            also=also,
            archives=("PASCAL3D*.zip",),
            source=f"{_STANFORD}/PASCAL3D+_release1.1.zip",
            needed=needed,
        )
        for path, files, also, needed in (
            ("Images", ("*_pascal/*.jpg",), ("*_imagenet/*.JPEG",), True),
            ("Annotations", ("*_pascal/*.mat",), ("*_imagenet/*.mat",), True),
            ("CAD", ("*.mat",), (), True),
            ("PASCAL/VOCdevkit/VOC2012/ImageSets/Main", ("*_*.txt",), (), True),
            ("Image_sets", ("*_imagenet_*.txt",), (), False),
        )
    ),
    convert=convert_pascal3d_folder,
    annotations=("annotations/objects_*.json",),
)

OBJECTNET3D = DataSet(
    name="objectnet3d",
    title="ObjectNet3D",
    licence="MIT (toolbox and annotations); images of ImageNet under its terms",
    pieces=tuple(
        Piece(
            path=path,
            files=files,
            archives=(f"ObjectNet3D_{part}.zip",),
            source=f"{_STANFORD}/ObjectNet3D/ObjectNet3D_{part}.zip",
        )
        for path, files, part in (
            ("Images", ("*.JPEG",), "images"),
            ("Annotations", ("*.mat",), "annotations"),
            ("CAD/mat", ("*.mat",), "cads"),
            ("Image_sets", ("train.txt", "test.txt"), "image_sets"),
        )
    ),
    convert=convert_objectnet3d_folder,
    annotations=("annotations/objects_*.json",),
    expected=(
        Expected(
            file="Images/*.JPEG",
            counts={FILES: 90127},
            source="https://github.com/yuxng/ObjectNet3D_toolbox",
        ),
    ),
)

DATA_SETS = {
    data_set.name: data_set
    for data_set in (
        COCO,
        PANOPTIC,
        MPII_NZSL,
        MHP,
        PASCAL3D,
        OBJECTNET3D,
        INTERHAND,
    )
}
"""Folder below a data root -> the data set that lies in it."""


def find_data_set(name: str) -> DataSet:
    """The data set of a name.

    Args:
        name: Of its folder below a data root.

    Raises:
        InputError: If there is none.
    """
    if name not in DATA_SETS:
        raise InputError(
            "the name of a data set",
            expected=f"one of {', '.join(DATA_SETS)}",
            got=repr(name),
        )
    return DATA_SETS[name]
