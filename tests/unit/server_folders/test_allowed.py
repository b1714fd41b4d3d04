"""Which folders of the server may be read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from safety_detector.errors import FolderRefused, UnknownFolder
from safety_detector.server_folders.allowed import AllowedFolders


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """An allowed folder with two pictures; beside it lies one that is not allowed."""
    for name in ("allowed/day/a.jpg", "allowed/b.jpg", "allowed-not/c.jpg", "data/images/d.jpg"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    return tmp_path / "allowed"


@pytest.fixture
def allowed(root: Path) -> AllowedFolders:
    """It and the folder of the service's own data are below the allowed ones."""
    return AllowedFolders([root, root.parent / "data", root.parent / "later"], root.parent / "data")


def test_an_allowed_folder_and_those_below_it_are_found(
    allowed: AllowedFolders, root: Path
) -> None:
    """By any way of writing it, links included, as long as it is inside."""
    (root / "today").symlink_to("day")
    assert allowed.find(str(root)) == root
    for written in (f"{root}/day", f"{root}//day/", f"{root}/./day", f"{root}/today"):
        assert allowed.find(written) == root / "day"


@pytest.mark.attack("folders")
@pytest.mark.parametrize(
    "written",
    [
        *("/", "/etc", "{}-not", "{}/../allowed-not", "{}/day/../../allowed-not", "..", ""),
        *("allowed", "~", "{}/out", "{}/out/allowed-not", "{}/nowhere-out/x", "{}/../data/images"),
    ],
)
def test_no_way_leads_out(allowed: AllowedFolders, root: Path, written: str) -> None:
    """Other folders, parents, links that lead outside, and the service's own data are refused."""
    (root / "out").symlink_to(root.parent)
    (root / "nowhere-out").symlink_to("/nowhere")
    with pytest.raises(FolderRefused):
        allowed.find(written.format(root))


def test_the_data_folder_is_refused_though_it_is_allowed(
    allowed: AllowedFolders, root: Path
) -> None:
    """Its pictures are inspected already; reading them would never end."""
    with pytest.raises(FolderRefused):
        allowed.find(str(root.parent / "data"))


def test_nothing_is_allowed_by_default(root: Path) -> None:
    """The refusal names the setting."""
    with pytest.raises(FolderRefused, match="SAFETY_BATCH_FOLDERS=/"):
        AllowedFolders([], root.parent / "data").find(str(root))


def test_what_is_not_there_is_unknown(allowed: AllowedFolders, root: Path) -> None:
    """Inside of what is allowed; a file is no folder; outside nobody learns what is there."""
    for written in (root / "nothing", root / "b.jpg", root.parent / "later"):
        with pytest.raises(UnknownFolder, match=written.name):
            allowed.find(str(written))
    outside = []
    for name in ("allowed-not", "not-there"):
        with pytest.raises(FolderRefused) as refused:
            allowed.find(str(root.parent / name))
        outside.append(refused.value.message.replace(name, "…"))
    assert outside[0] == outside[1]


def test_an_empty_folder_is_refused(allowed: AllowedFolders, root: Path) -> None:
    """It may be a mount point without its drive."""
    (root / "empty").mkdir()
    with pytest.raises(FolderRefused, match="mounted"):
        allowed.find(str(root / "empty"))


@pytest.mark.attack("folders")
def test_a_part_that_becomes_a_link_is_not_followed(allowed: AllowedFolders, root: Path) -> None:
    """Between the look at a path and its opening anything may be put in its place."""
    found = allowed.find(str(root / "day"))
    (root / "day").rename(root / "day-before")
    (root / "day").symlink_to(root.parent / "allowed-not")
    for path, is_folder in ((found / "c.jpg", False), (found, True)):
        with (
            pytest.raises(OSError, match=r"Not a directory|Too many levels"),
            allowed.opened(path, is_folder=is_folder),
        ):
            pass


def test_descriptors_are_closed(allowed: AllowedFolders, root: Path) -> None:
    """However often folders are opened."""
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208
    for _ in range(5):
        with allowed.opened(allowed.find(str(root / "day")), is_folder=True) as descriptor:
            assert os.listdir(descriptor) == ["a.jpg"]  # noqa: PTH208
    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208
