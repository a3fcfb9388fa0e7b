"""What form a file has, told by its content and not by its name, and what reads it."""

from __future__ import annotations

import contextlib
import lzma
import shutil
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import h5py
import hdf5plugin  # noqa: F401  (HDF5 then knows compressions such as zstd and blosc)
import zarr

from aif.reading.anndata_files import read_anndata
from aif.reading.cell_ranger import read_10x_h5
from aif.reading.content import Content, Unread, Wanted
from aif.reading.loom import read_loom
from aif.reading.matrix_market import read_matrix_market
from aif.reading.r_files import read_r
from aif.reading.text_files import compression_of, opened
from aif.reading.text_tables import read_text_table

HEAD = 512  # bytes that tell the form
HDF5, ZIP = b"\x89HDF\r\n\x1a\n", b"PK\x03\x04"
TAR_AT, TAR = 257, b"ustar"
R_STARTS = (b"X\n\x00", b"RDX", b"RDA", b"A\n")
ZARR = (".zgroup", "zarr.json", ".zattrs")
RNA = ("mod/rna", "mod/RNA", "mod/gex")  # where MuData keeps expression
# What begins like this is no data, and what to do then.
NO_DATA = {
    b"version https://git-lfs": "is a pointer of Git LFS and not the file; run git lfs pull",
    b"<!DOCTYPE": "is a web page and not the file; download it again",
    b"<!doctype": "is a web page and not the file; download it again",
    b"<html": "is a web page and not the file; download it again",
    b"\xd0\xcf\x11\xe0": "is an Excel file; save it as .csv, from R or Python: Excel changes names",
    b"@HD": "holds reads; give the counts that were made of them",
    b"BAM\x01": "holds reads; give the counts that were made of them",
}


class Form(NamedTuple):
    """A form that files have: its name, and what reads it."""

    name: str
    read: Callable[[Wanted], Content]


@contextlib.contextmanager
def content_of(path: Path, wanted: Wanted) -> Iterator[Content]:
    """Give what a file or folder holds; while the block lasts its matrices can be read.

    Raises
    ------
    Unread
        If it has no form that is known, or lacks something.
    """
    with contextlib.ExitStack() as stack:
        yield _form_of(_unpacked(path, stack)).read(wanted)


def _unpacked(path: Path, stack: contextlib.ExitStack) -> Path:
    """Return a path whose content can be read in place: archives are unpacked into a temporary folder."""
    if path.is_dir():
        return path
    head = head_of(path)
    packed = head[TAR_AT:].startswith(TAR), head.startswith(ZIP)
    compressed = compression_of(path)[1] is not None and head.startswith(HDF5)
    if not any(packed) and not compressed:
        return path
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="aif_")))
    if compressed:
        with opened(path) as file, open(folder / "file", "wb") as target:
            shutil.copyfileobj(file, target)
        return folder / "file"
    if packed[0]:
        with opened(path) as file, tarfile.open(fileobj=file, mode="r|") as archive:
            archive.extractall(folder, filter="data")
    else:
        with zipfile.ZipFile(path) as archive:
            if any(name.startswith("xl/") for name in archive.namelist()):
                raise Unread(
                    "is an Excel file; save it as .csv, from R or Python: Excel changes names"
                )
            archive.extractall(folder)
    return _unpacked(_only_inner(folder), stack)


def _only_inner(folder: Path) -> Path:
    """Return the file or folder that an archive holds, past folders that hold nothing but another."""
    inner = [path for path in folder.iterdir() if not path.name.startswith((".", "__MACOSX"))]
    if len(inner) == 1 and not _is_zarr(folder):
        return _only_inner(inner[0]) if inner[0].is_dir() else inner[0]
    return folder


def head_of(path: Path) -> bytes:
    """Return the first bytes of a file, decompressed."""
    try:
        with opened(path) as file:
            return file.read(HEAD)
    except (EOFError, OSError, zlib.error, lzma.LZMAError) as error:
        raise Unread(f"cannot be read ({error}); see whether it is complete") from error


def _is_zarr(folder: Path) -> bool:
    return any((folder / name).is_file() for name in ZARR)


def _form_of(path: Path) -> Form:
    """Return what form a file or folder has."""
    if path.is_dir():
        if _is_zarr(path):
            return _anndata("zarr", partial(_zarr, path))
        return Form("a folder with a matrix (.mtx)", lambda wanted: read_matrix_market(path))
    head = head_of(path)
    if not head:
        raise Unread("is empty; see whether it was downloaded to its end")
    for start, said in NO_DATA.items():
        if head.startswith(start):
            raise Unread(said)
    if head.startswith(HDF5):
        return _form_of_hdf5(path)
    if head.startswith(b"%%MatrixMarket"):
        return Form("a matrix (.mtx)", lambda wanted: read_matrix_market(path))
    if head.startswith(R_STARTS):
        return Form("R", lambda wanted: read_r(path))
    if b"\x00" in head:
        raise Unread("has no form that is known; docs/forms.md lists those that are")
    return Form("a text table", lambda wanted: read_text_table(path, wanted.cells_in))


def _form_of_hdf5(path: Path) -> Form:
    with h5py.File(path) as file:
        names = set(file)
        groups = [file[name] for name in names if isinstance(file[name], h5py.Group)]
        of_genomes = bool(groups) and all("barcodes" in group for group in groups)
        multimodal = next((place for place in RNA if place in file), None)
    if "matrix" in names and {"row_attrs", "col_attrs"} <= names:
        return Form("loom", lambda wanted: read_loom(path))
    if multimodal is not None:
        return _anndata("h5mu", partial(h5py.File, path, "r"), multimodal)
    if {"obs", "var"} <= names:
        return _anndata("h5ad", partial(h5py.File, path, "r"))
    if of_genomes:
        return Form("Cell Ranger's .h5", partial(read_10x_h5, path))
    if "barcode_idx" in names:
        raise Unread("is Cell Ranger's molecule_info.h5; give filtered_feature_bc_matrix.h5")
    if {"assays", "cell.names"} <= names:
        raise Unread(
            "is an h5Seurat file; save the object by saveRDS() in R and give the .rds file"
        )
    raise Unread(f"is HDF5 of a kind that is not known: it holds {', '.join(sorted(names)[:5])}")


def _anndata(name: str, opened_file: Callable[[], Any], at: str = "") -> Form:
    return Form(name, lambda wanted: read_anndata(opened_file, at))


@contextlib.contextmanager
def _zarr(path: Path) -> Iterator[Any]:
    yield zarr.open_group(path, mode="r")
