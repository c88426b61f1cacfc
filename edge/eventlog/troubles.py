"""What to say when a disk refuses: which path, what it said, and what a technician can do about it."""

import errno
from pathlib import Path

_REMEDIES: dict[int, str] = {
    errno.ENOSPC: "free space on this file system",
    errno.EDQUOT: "free space within this user's quota",
    errno.EROFS: "mount it read-write; a card that turned read-only by itself is worn out: replace it",
    errno.EACCES: "give the stopline user the right to write there",
    errno.EPERM: "give the stopline user the right to write there",
    errno.EIO: "the disk fails: replace it",
    errno.ENOENT: "mount or make the directory again",
    errno.ENOTDIR: "something stands where a directory should: move it away",
    errno.EISDIR: "a directory stands where a file should: move it away",
    errno.EMFILE: "too many open files: restart the controller and report it",
}
_UNKNOWN = "look at the disk and at the rights on this path"


def refused(what: str, path: Path, error: OSError) -> str:
    """One sentence: `what` cannot be written, where, why, and what to do."""
    number = error.errno or 0
    name = errno.errorcode.get(number, "no number")
    said = error.strerror or str(error)
    return f"{what} cannot be written: {path}: {said} ({name}) — {_REMEDIES.get(number, _UNKNOWN)}"
