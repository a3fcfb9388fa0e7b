"""What form a file has, told by its content and not by its name, and what reads it."""

from __future__ import annotations

import contextlib
import re
import shutil
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import h5py
import hdf5plugin  # noqa: F401  (HDF5 then knows compressions such as zstd and blosc)
import zarr

from aif.errors import InputError
from aif.reading.anndata_files import read_anndata
from aif.reading.cell_ranger import read_10x_h5
from aif.reading.content import Content, Unread, Wanted
from aif.reading.loom import read_loom
from aif.reading.matrix_market import read_matrix_market
from aif.reading.r_files import read_r
from aif.reading.text_files import COMPRESSED, ERRORS, UTF16, compression_of, opened, reason_of
from aif.reading.text_tables import read_text_table

HEAD = 512  # bytes that tell the form
HDF5, ZIP = b"\x89HDF\r\n\x1a\n", b"PK\x03\x04"
TAR_AT, TAR = 257, b"ustar"
R_STARTS = (b"X\n\x00", b"RDX", b"RDA", b"A\n")
ZARR = (".zgroup", "zarr.json", ".zattrs")
RNA = ("rna", "gex", "gene_expression", "gene expression", "expression")  # modalities of MuData
WEB_PAGE = "is a web page and not the file; download it again"
READS = "holds reads; give the counts that were made of them"
EXCEL = b"\xd0\xcf\x11\xe0"
# What begins like this is no data, and what to do then.
NO_DATA = {
    b"version https://git-lfs": "is a pointer of Git LFS and not the file; run git lfs pull",
    **dict.fromkeys((b"<!DOCTYPE", b"<!doctype", b"<html"), WEB_PAGE),
    EXCEL: "is an Excel file; save it as .csv, from R or Python: Excel changes names",
    **dict.fromkeys((b"@HD", b"BAM\x01"), READS),
}
FASTQ = re.compile(rb"@[^\n]*\n[ACGTN]+\n\+")
Reader = Callable[[Wanted], Content]


@contextlib.contextmanager
def content_for_users(path: str | Path, wanted: Wanted, where: str) -> Iterator[Content]:
    """Give what a file or folder holds, as `content_of`; what fails in the block, too, is told in one line.

    Raises
    ------
    InputError
        With `where`, the key in the config, and the file.
    """
    try:
        with content_of(Path(path), wanted) as content:
            yield content
    except Unread as error:
        raise InputError(f"{where}: {path} {error}") from error
    except Exception as error:
        reason = reason_of(error)
        raise InputError(
            f"{where}: {path} cannot be read ({reason}); see whether it is complete, and docs/forms.md"
        ) from error


@contextlib.contextmanager
def content_of(path: Path, wanted: Wanted) -> Iterator[Content]:
    """Give what a file or folder holds; while the block lasts its matrices can be read.

    Raises
    ------
    Unread
        If it has no form that is known, or lacks something.
    """
    with contextlib.ExitStack() as stack:
        place = unpacked(path, stack)
        try:
            yield _reader_of(place)(wanted)
        except Unread as error:
            if place == path:
                raise
            raise Unread(
                f"{str(error).replace(str(place), 'FOLDER')} (unpack it if need be)"
            ) from error


def unpacked(path: Path, stack: contextlib.ExitStack) -> Path:
    """Return a path whose content can be read in place.

    Archives, and compressed files that only their own reader could not decompress, are unpacked into a
    temporary folder that lasts as long as the stack.
    """
    if path.is_dir():
        return path
    head = head_of(path)
    compressed = compression_of(path)[1] is not None
    if compressed and head.startswith((HDF5, *COMPRESSED)):
        inner = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="aif_"))) / "file"
        with opened(path) as file, open(inner, "wb") as target:
            shutil.copyfileobj(file, target)
        return unpacked(inner, stack)
    if head[TAR_AT:].startswith(TAR):
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="aif_")))
        with opened(path) as file, tarfile.open(fileobj=file, mode="r|") as archive:
            archive.extractall(folder, filter="data")
        return unpacked(_only_inner(folder), stack)
    if head.startswith(ZIP):
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="aif_")))
        with zipfile.ZipFile(path) as archive:
            if any(name.startswith("xl/") for name in archive.namelist()):
                raise Unread(NO_DATA[EXCEL])
            archive.extractall(folder)
        return unpacked(_only_inner(folder), stack)
    return path


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
    except ERRORS as error:
        raise Unread(f"cannot be read ({reason_of(error)}); see whether it is complete") from error


def _is_zarr(folder: Path) -> bool:
    return any((folder / name).is_file() for name in ZARR)


def _reader_of(path: Path) -> Reader:
    """Return what reads a file or folder."""
    if path.is_dir():
        if _is_zarr(path):
            with _zarr(path) as group:
                at = _expression_in(group)
            return lambda wanted: read_anndata(partial(_zarr, path), at)
        return lambda wanted: read_matrix_market(path)
    if h5py.is_hdf5(path):  # wherever in the file it begins
        return _reader_of_hdf5(path)
    head = head_of(path)
    if not head:
        raise Unread("is empty; see whether it was downloaded to its end")
    for start, said in NO_DATA.items():
        if head.startswith(start):
            raise Unread(said)
    if FASTQ.match(head):
        raise Unread(READS)
    if head.startswith(b"%%MatrixMarket"):
        return lambda wanted: read_matrix_market(path)
    if head.startswith(R_STARTS):
        return lambda wanted: read_r(path, wanted.cells_in)
    if b"\x00" in head and not head.startswith(UTF16):
        raise Unread("has no form that is known; docs/forms.md lists those that are")
    return lambda wanted: read_text_table(path, wanted.cells_in)


def _reader_of_hdf5(path: Path) -> Reader:
    with h5py.File(path) as file:
        names = set(file)
        inner = [file.get(name) for name in names]  # None for links that lead nowhere
        groups = [element for element in inner if isinstance(element, h5py.Group)]
        of_genomes = bool(groups) and all("barcodes" in group for group in groups)
        at = _expression_in(file)
        of_cell_ranger = of_genomes or ("matrix" in names and "matrix/barcodes" in file)
    if {"row_attrs", "col_attrs"} <= names:
        return lambda wanted: read_loom(path)
    if of_cell_ranger:
        return partial(read_10x_h5, path)
    if at or {"obs", "var"} <= names:
        return lambda wanted: read_anndata(partial(h5py.File, path, "r"), at)
    if "barcode_idx" in names:
        raise Unread("is Cell Ranger's molecule_info.h5; give filtered_feature_bc_matrix.h5")
    if {"assays", "cell.names"} <= names:
        raise Unread(
            "is an h5Seurat file; save the object by saveRDS() in R and give the .rds file"
        )
    raise Unread(f"is HDF5 of a kind that is not known: it holds {', '.join(sorted(names)[:5])}")


def _expression_in(group: Any) -> str:
    """Return where MuData keeps the expression, nothing where the file is of anndata itself."""
    if "mod" not in group:
        return ""
    names = {name.lower(): name for name in group["mod"]}
    found = next((names[name] for name in RNA if name in names), None)
    if found is None:
        known = ", ".join(names.values())
        raise Unread(
            f"has the modalities {known}; save that of the expression as .h5ad, or call it rna"
        )
    return f"mod/{found}"


@contextlib.contextmanager
def _zarr(path: Path) -> Iterator[Any]:
    # What is consolidated takes columns for one whose names differ in their case only.
    yield zarr.open_group(path, mode="r", use_consolidated=False)
