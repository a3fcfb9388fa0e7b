"""Files from elsewhere, accepted only if they hash to what the config says."""

from __future__ import annotations

import hashlib
import shutil
import urllib.request
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from aif.errors import InputError


def fetch(url: str, sha256: str, mirror: str | None, target: Path, key: str) -> None:
    """Copy the file of a URL to `target`: from the mirror if it is there, else from the network.

    Parameters
    ----------
    url, sha256
        Where the file is, and what it must hash to.
    mirror
        A directory to look into first, or None.
    target
        Where the file goes.
    key
        Its key in the config, for messages.

    Raises
    ------
    InputError
        If it cannot be downloaded or hashes to something else.
    """
    mirrored = find_in_mirror(mirror, url, sha256) if mirror is not None else None
    if mirrored is not None:
        shutil.copyfile(mirrored, target)
        return
    try:
        with urllib.request.urlopen(url, timeout=60) as answer, open(target, "wb") as file:
            shutil.copyfileobj(answer, file)
    except OSError as error:
        raise InputError(f"{key}.url: cannot download {url} ({error})") from error
    check_sha256(target, sha256, url, key)


def find_in_mirror(mirror: str, url: str, sha256: str) -> Path | None:
    """Return a file below the mirror that has the URL's file name and this hash, None without one.

    Published files often share a name across folders, so the hash decides.
    """
    name = PurePosixPath(unquote(urlsplit(url).path)).name
    files = (path for path in sorted(Path(mirror).rglob("*")) if path.name == name)
    return next((path for path in files if path.is_file() and hash_of(path) == sha256), None)


def check_sha256(path: str | Path, expected: str, origin: str, key: str) -> None:
    """Accept a file with the expected hash.

    Raises
    ------
    InputError
        If it has another one; `origin` is where the file comes from.
    """
    found = hash_of(path)
    if found != expected:
        raise InputError(
            f"{key}.sha256: {origin} hashes to {found}, not to {expected}; "
            "check where the file comes from, or the sha256"
        )


def hash_of(path: str | Path) -> str:
    """Return the sha256 of a file in hexadecimal digits."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
