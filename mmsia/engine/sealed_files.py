"""Checkpoints that carry their own digest: what `torch.save` wrote, sealed.

torch's files are zip archives, and its reader checks no checksum: of single flipped
bits, nine in ten go unnoticed. The digest stands in the archive's comment, so that the
file is still one that any torch reads, and is whole or absent together with its digest.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from pathlib import Path

from mmsia.errors import InputError

_PREFIX = b"mmsia-sha256:"
_DIGEST_SIZE = 64
_END, _END_SIZE = b"PK\x05\x06", 22
_COMMENT = re.compile(re.escape(_PREFIX) + rb"[0-9a-f]{64}")


def seal(data: bytes) -> Iterator[bytes | memoryview]:
    """Add its digest to what `torch.save` wrote.

    Args:
        data: A zip archive without a comment.

    Yields:
        The parts of the sealed file, in order.

    Raises:
        InputError: Something else.
    """
    if data[-_END_SIZE:][:4] != _END or data[-2:] != b"\0\0":
        raise InputError("a checkpoint to seal", expected="what torch.save writes")
    length = (len(_PREFIX) + _DIGEST_SIZE).to_bytes(2, "little")
    body, tail = memoryview(data)[:-2], length + _PREFIX
    digest = hashlib.sha256(body)
    digest.update(tail)
    yield body
    yield tail + digest.hexdigest().encode()


def find_damage(path: str | os.PathLike[str]) -> str | None:
    """Say what is wrong with a checkpoint file.

    Args:
        path: What `torch.save` wrote, sealed or not.

    Returns:
        None for a whole file: one whose digest fits or, where it carries none, whose
        end is there.
    """
    path = Path(path)
    size = path.stat().st_size
    if size == 0:
        return "the file is empty"
    comment_size = len(_PREFIX) + _DIGEST_SIZE
    with open(path, "rb") as file:
        file.seek(max(0, size - comment_size - _END_SIZE))
        tail = file.read()
        place = tail.rfind(_END)
        if place < 0 or len(tail) - place < _END_SIZE:
            return "the end of the file is missing"
        declared = int.from_bytes(tail[place + 20 : place + 22], "little")
        comment = tail[place + _END_SIZE :]
        if declared != len(comment):
            return "the end of the file is missing"
        if not comment:
            return None
        file.seek(0)
        found = _digest(file, size - _DIGEST_SIZE)
    if not _COMMENT.fullmatch(comment) or comment[-_DIGEST_SIZE:].decode() != found:
        return "its bytes are not those that were written"
    return None


def _digest(file, size: int) -> str:
    digest = hashlib.sha256()
    while size > 0 and (chunk := file.read(min(size, 1 << 22))):
        digest.update(chunk)
        size -= len(chunk)
    return digest.hexdigest()
