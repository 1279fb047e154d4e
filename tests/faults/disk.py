"""disk.py - a server over a disk that can be made to fail, and what that disk holds after a power cut.

kill -9 does not show a missing fsync: the kernel still writes what it was given. So the library disk.c writes down every
change and every sync that a real server makes, and `PowerCut` works out, for any moment, what would be there if all that
was not synced were lost: bytes of files, and names in folders, each by its own sync.
"""

from __future__ import annotations

import random
import struct
from pathlib import Path

CREATE, WRITE, TRUNCATE, RENAME, UNLINK, MAKE_FOLDER, SYNC, SYNC_FOLDER, SYNC_ALL, LINK = range(1, 11)
HEADER = struct.Struct("<BQqII")


class Disk:
    """The switches and the log of one server's disk."""

    def __init__(self, library: Path, folder: Path, data: Path):
        self.data = data
        self.log = folder / "disk.log"
        self.switch = data / "disk.switch"  # where the confined server may read it
        self.env = {
            "LD_PRELOAD": str(library),
            "DISK_FOLDER": str(data),
            "DISK_SWITCH": str(self.switch),
            "ASAN_OPTIONS": "verify_asan_link_order=0",
        }
        self.logging_env = {**self.env, "DISK_LOG": str(self.log)}

    def fail(self, how: str) -> None:
        """F: full, N: full for new files, E: input and output fail, S: syncs wait, R: read-only, K or T: killed (disk.c)."""
        self.switch.write_text(how)

    def recover(self) -> None:
        self.switch.unlink()

    def position(self) -> int:
        """A moment: what was written down before it had reached the disk before it."""
        return self.log.stat().st_size

    def records(self, until: int):
        """(operation, inode, offset, first bytes, second bytes) of each change before that moment."""
        bytes_ = self.log.read_bytes()
        at = 0
        while at < until:
            operation, inode, offset, first_len, second_len = HEADER.unpack_from(bytes_, at)
            first = at + HEADER.size
            second = first + first_len
            at = second + second_len
            yield operation, inode, offset, bytes_[first:second], bytes_[second:at]


class PowerCut:
    """What is there after the power went at a moment.

    skip_syncs: syncs of paths with this in them are taken for never made; to show that a missing one is seen.
    chance: of each change that was not synced, that it arrived after all (its order is the disk's own).
    """

    def __init__(self, disk: Disk, until: int, skip_syncs: str | None = None, chance: float = 0, seed: int = 0):
        self.disk = disk
        self.bytes: dict[int, bytearray] = {}
        self.pending_bytes: dict[int, list] = {}
        self.names: dict[str, int] = {}  # as the server sees them; a folder is 0
        self.kept_names: dict[str, int] = {}  # as the disk has them
        self.pending_names: dict[str, list] = {}
        for record in disk.records(until):
            self._apply(*record, skip_syncs)
        self._keep_some(chance, random.Random(seed))

    def _apply(self, operation, inode, offset, first, second, skip_syncs):
        if operation == WRITE or operation == TRUNCATE:
            self.pending_bytes.setdefault(inode, []).append((operation, offset, first))
            return
        path = first.decode()
        if operation == CREATE:
            self._name(path, inode)
            # The number of a file that is gone may come again.
            self.bytes[inode] = bytearray()
            self.pending_bytes[inode] = []
        elif operation == MAKE_FOLDER:
            self._name(path, 0)
        elif operation == RENAME:
            inode = self.names[path]
            self._name(path, None)
            self._name(second.decode(), inode)
        elif operation == LINK:
            self._name(second.decode(), self.names[path])
        elif operation == UNLINK:
            self._name(path, None)
        elif skip_syncs is not None and skip_syncs in path:
            pass
        elif operation == SYNC:
            self._keep_bytes(inode, self.pending_bytes.pop(inode, []))
        elif operation == SYNC_FOLDER:
            self._keep_names(self.pending_names.pop(path, []))
        elif operation == SYNC_ALL:
            for inode, changes in self.pending_bytes.items():
                self._keep_bytes(inode, changes)
            for changes in self.pending_names.values():
                self._keep_names(changes)
            self.pending_bytes, self.pending_names = {}, {}

    def _name(self, path: str, inode: int | None):
        if inode is None:
            self.names.pop(path, None)
        else:
            self.names[path] = inode
        self.pending_names.setdefault(str(Path(path).parent), []).append((path, inode))

    def _keep_bytes(self, inode: int, changes: list):
        content = self.bytes.setdefault(inode, bytearray())
        for operation, offset, new in changes:
            if operation == TRUNCATE:
                del content[offset:]
                new = b""
            content.extend(b"\0" * (offset - len(content)))
            content[offset : offset + len(new)] = new

    def _keep_names(self, changes: list):
        for path, inode in changes:
            if inode is None:
                self.kept_names.pop(path, None)
            else:
                self.kept_names[path] = inode

    def _keep_some(self, chance: float, rng: random.Random):
        for inode, changes in self.pending_bytes.items():
            self._keep_bytes(inode, [change for change in changes if rng.random() < chance])
        for changes in self.pending_names.values():
            # Names are written in their order.
            kept = next((i for i in range(len(changes)) if rng.random() >= chance), len(changes))
            self._keep_names(changes[:kept])

    def write_to(self, folder: Path) -> Path:
        folder.mkdir()
        for path in sorted(self.kept_names):
            place = folder / Path(path).relative_to(self.disk.data)
            if not place.parent.exists():
                continue  # the folder's own name is lost
            if self.kept_names[path] == 0:
                place.mkdir(exist_ok=True)
            else:
                place.write_bytes(self.bytes[self.kept_names[path]])
        return folder
