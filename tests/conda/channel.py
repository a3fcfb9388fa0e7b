"""A conda channel made of the wheels that are installed here, since the public channels may be far.

Each distribution becomes one package: its files in site-packages, as it is, and its requirements
in conda's words, so that the solver has versions to respect. What no wheel has is made up: `python`
is a virtual environment of the Python that runs the tests, `gxx` a link to the compiler.
"""

import hashlib
import io
import json
import shutil
import sys
import tarfile
import zipfile
from importlib.metadata import distribution
from pathlib import Path

import zstandard
from environments import TO_CONDA, needs, requirements
from packaging.utils import canonicalize_name

SUBDIR = "linux-64"
PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
SITE = f"lib/python{PYTHON}/site-packages"
# Notes at the end of each Python process of an environment what ran there, and with which modules.
SITECUSTOMIZE = """
import atexit, json, os, sys

def note():
    modules = {n: m for n, m in list(sys.modules.items()) if "." not in n}
    files = {n: m.__file__ for n, m in modules.items() if getattr(m, "__file__", None)}
    with open(os.environ["SCRIPTS_RUN"], "a") as file:
        file.write(json.dumps([sys.argv[0], sys.prefix, files]) + "\\n")

if "SCRIPTS_RUN" in os.environ:
    atexit.register(note)
"""


def make_channels(folder, packages):
    """Write the channels conda-forge, with these packages and all they need, and bioconda, empty."""
    subdir = folder / "conda-forge" / SUBDIR
    for channel in ("conda-forge", "bioconda"):
        for name in (SUBDIR, "noarch"):
            (folder / channel / name).mkdir(parents=True)
            _write_index(folder / channel / name, {})
    names = frozenset().union(*(needs(package) for package in packages))
    records = [_pack_distribution(name, subdir) for name in sorted(names)]
    records += [_pack_python(subdir), _pack_compiler(subdir)]
    _write_index(subdir, dict(records))


def _write_index(folder, packages):
    index = {"info": {"subdir": folder.name}, "packages": {}, "packages.conda": packages}
    (folder / "repodata.json").write_text(json.dumps(index))


def _pack_distribution(name, folder):
    """Pack an installed distribution: what it has in site-packages, without its commands."""
    found = distribution(name)
    files = {
        f"{SITE}/{file}": Path(file.locate()) for file in found.files if ".." not in file.parts
    }
    files = {path: file for path, file in files.items() if file.exists()}
    # 2.13.0+cpu is a build of 2.13.0 to conda.
    version = found.version.partition("+")[0]
    depends = [f"python {PYTHON}.*", *map(_spec, requirements(name))]
    return _pack(_conda_name(name), version, depends, files, folder)


def _spec(requirement):
    return f"{_conda_name(requirement.name)} {requirement.specifier}".strip()


def _conda_name(package):
    name = canonicalize_name(package)
    return TO_CONDA.get(name, name)


def _pack_python(folder):
    home = Path(sys.base_prefix) / "bin"
    files = {
        "bin/python": home / f"python{PYTHON}",
        "pyvenv.cfg": f"home = {home}\ninclude-system-site-packages = false\n".encode(),
        f"{SITE}/sitecustomize.py": SITECUSTOMIZE.encode(),
    }
    version = ".".join(map(str, sys.version_info[:3]))
    return _pack("python", version, [], files, folder, links=["bin/python"])


def _pack_compiler(folder):
    files = {"bin/g++": Path(shutil.which("g++"))}
    return _pack("gxx", "14.3.0", [], files, folder, links=["bin/g++"])


def _pack(name, version, depends, files, folder, links=()):
    """Write a package of the format .conda, and return its name and its record in the index.

    Parameters
    ----------
    name, version, depends
        As in the record.
    files
        By path in the environment, the file to copy or its content.
    folder
        Where the package is written.
    links
        The paths of `files` that are links to their file instead of copies.
    """
    record = {"name": name, "version": version, "build": "0", "build_number": 0}
    record |= {"depends": depends, "subdir": SUBDIR}
    kinds = {path: "softlink" if path in links else "hardlink" for path in files}
    paths = [{"_path": path, "path_type": kind} for path, kind in kinds.items()]
    info = {"info/index.json": record, "info/paths.json": {"paths": paths, "paths_version": 1}}
    stem = f"{name}-{version}-0"
    target = folder / f"{stem}.conda"
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("metadata.json", json.dumps({"conda_pkg_format_version": 2}))
        _write_tar(archive, f"pkg-{stem}.tar.zst", files, links)
        content = {path: json.dumps(value).encode() for path, value in info.items()}
        _write_tar(archive, f"info-{stem}.tar.zst", content)
    with target.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return target.name, record | {"sha256": digest, "size": target.stat().st_size}


def _write_tar(archive, name, files, links=()):
    """Write a compressed tar into an archive."""
    compressor = zstandard.ZstdCompressor(level=1)
    with (
        archive.open(name, "w", force_zip64=True) as raw,
        compressor.stream_writer(raw, closefd=False) as compressed,
        tarfile.open(fileobj=compressed, mode="w|") as tar,
    ):
        for path, file in files.items():
            entry = tarfile.TarInfo(path)
            if path in links:
                entry.type, entry.linkname = tarfile.SYMTYPE, str(file)
                tar.addfile(entry)
            elif isinstance(file, bytes):
                entry.size = len(file)
                tar.addfile(entry, io.BytesIO(file))
            else:
                tar.add(file, path, filter=_in_whole_seconds)


def _in_whole_seconds(entry):
    """Cut the time as Python does in compiled modules; tar would round it, and they be compiled anew."""
    entry.mtime = int(entry.mtime)
    return entry
