"""A work folder in archives: what a report and its checks need, without the weights.

Each archive is a work folder of its own, so that any of them can be merged alone.
"""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from mmsia.bench.session import load_session, session_path
from mmsia.bench.store import PREDICTIONS, PROVENANCE, RESULT, Store
from mmsia.datasets.archives import list_members, read_members, read_parts
from mmsia.errors import DataError
from mmsia.files import write_bytes_atomic

NAME, REPORT = "runs-{:03d}.tar.gz", "report.tar.gz"
SUFFIXES = (".tar.gz", ".tgz", ".tar", ".zip")
_BESIDE = ("anchors.json", "server_scores.json")
"""What a work folder may hold beside its session and runs."""
_FILES = (PROVENANCE, PREDICTIONS, RESULT)


def pack(work_dir: Path, folder: Path, part_bytes: int) -> list[Path]:
    """Write the finished runs of a work folder to archives.

    Args:
        work_dir: The work folder.
        folder: Gets `runs-001.tar.gz` and so on, and `report.tar.gz` of the report,
            whose figures may show data that is nowhere else; what is there is replaced.
        part_bytes: An archive is closed before it grows beyond this, a run larger than
            it has one of its own.

    Returns:
        The archives, the report's last.

    Raises:
        DataError: If nothing was reproduced there, or the archives cannot be written.
    """
    load_session(work_dir)
    session = session_path(work_dir)
    beside = [work_dir / name for name in _BESIDE if (work_dir / name).is_file()]
    runs = Store(work_dir / "runs")
    folder.mkdir(parents=True, exist_ok=True)
    for old in (*folder.glob("runs-*.tar.gz"), folder / REPORT):
        old.unlink(missing_ok=True)
    written = []
    for number, keys in enumerate(_parts(runs, part_bytes), start=1):
        files = [
            session,
            *beside,
            *(runs.folder / key / name for key in keys for name in _FILES),
        ]
        path = folder / NAME.format(number)
        write_bytes_atomic(path, _archive(work_dir, files))
        written.append(path)
    if pages := sorted(p for p in (work_dir / "report").rglob("*") if p.is_file()):
        write_bytes_atomic(folder / REPORT, _archive(work_dir, pages))
        written.append(folder / REPORT)
    return written


def _parts(runs: Store, part_bytes: int) -> Iterator[list[str]]:
    """Keys of whole runs, as many together as fit."""
    keys: list[str] = []
    size = 0
    for key in runs.keys():
        if runs.load(key) is None:
            continue
        own = sum((runs.folder / key / name).stat().st_size for name in _FILES)
        if keys and size + own > part_bytes:
            yield keys
            keys, size = [], 0
        keys.append(key)
        size += own
    yield keys


def _archive(root: Path, files: list[Path]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz", compresslevel=6) as archive:
        for file in files:
            entry = tarfile.TarInfo(file.relative_to(root).as_posix())
            content = file.read_bytes()
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


@contextmanager
def opened(sources: list[Path]) -> Iterator[list[Path]]:
    """Work folders of sources that may be archives; those are unpacked meanwhile.

    Args:
        sources: Work folders and archives of `pack`.

    Raises:
        DataError: If a source is not there, or an archive is damaged.
        UnsafeFileError: An archive that does not only hold files below its folder.
    """
    with ExitStack() as stack:
        folders = []
        for source in sources:
            if source.is_file() and source.name.endswith(SUFFIXES):
                place = Path(stack.enter_context(TemporaryDirectory()))
                _unpack(source, place)
                source = place
            elif not source.is_dir():
                raise DataError(
                    f"{source} cannot be merged",
                    expected="a work folder, or an archive that `mmsia pack` wrote",
                    got="something else" if source.exists() else "nothing there",
                )
            folders.append(source)
        yield folders


def _unpack(path: Path, folder: Path) -> None:
    names = {member.name for member in list_members(path)}
    for member, stream in read_members(path, names):
        place = folder / member.name
        place.parent.mkdir(parents=True, exist_ok=True)
        with place.open("wb") as file:
            for part in read_parts(path, member, stream):
                file.write(part)
