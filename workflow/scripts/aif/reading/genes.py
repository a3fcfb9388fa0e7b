"""Which features of a file are genes of the expression, and what they are called."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import pandas as pd
from anndata.utils import make_index_unique

from aif.reading.content import Unread
from aif.reading.notes import Note

KINDS = ("feature_types", "feature_type", "modality")  # columns that say what a feature is
GENOME = "genome"
# What genes of the expression are called there, and what others are.
EXPRESSION = {"gene expression", "gex", "rna", "gene", "genes", "expression", "mrna"}
OTHERS = {
    "antibody capture",
    "adt",
    "protein",
    "hto",
    "peaks",
    "atac",
    "crispr guide capture",
    "custom",
    "synthetic",
    "spike-in",
}
# Kinds of genes, of which any shows that all are but `OTHERS`; CELLxGENE writes them into feature_type.
BIOTYPES = {
    "protein_coding",
    "protein-coding",
    "lncrna",
    "lincrna",
    "mirna",
    "processed_pseudogene",
}
ABSEQ = re.compile(r"[|._-]pAbO$")  # ends of names of antibodies; R and Seurat change the bar
# Columns of stable ids, and what such ids look like where they are the names themselves.
ID_COLUMNS = (
    *("gene_ids", "gene_id", "ensembl_id", "ensembl", "ensembl_ids", "ENSEMBL", "feature_id"),
    *("Accession", "GENEID", "gene_stable_id"),
)
IDS = re.compile(r"(ENS[A-Z]*G\d{6,}|FBgn\d+|WBGene\d+)(\.\d+)?")
MOSTLY = 0.8
FEW_NAMES = 5  # so many are named in a note


def expressed(genes: pd.DataFrame, genome: str | None) -> tuple[np.ndarray, list[Note]]:
    """Return a mask (G,) of the genes of the expression, of one genome if one is named; and notes.

    Antibodies, guides and other features would take part in every cell's sum of counts.

    Raises
    ------
    Unread
        If the genome is not there.
    """
    kept, notes = _of_expression(genes)
    if GENOME in genes:
        genomes = genes[GENOME].astype(str)
        known = sorted(set(genomes[kept & genes[GENOME].notna().to_numpy()]) - {""})
        if genome is not None and genome not in known:
            raise Unread(f"has no genome {genome!r}; it has {', '.join(known) or 'none'}")
        if genome is not None:
            kept = kept & (genomes == genome).to_numpy()
        elif len(known) > 1:
            said = f"genes of {', '.join(known)} are used together; name one in genome to use its"
            notes.append(Note("genomes", "warning", said))
    elif genome is not None:
        raise Unread("does not say which genome its genes are of; leave genome out")
    return kept, notes


def _of_expression(genes: pd.DataFrame) -> tuple[np.ndarray, list[Note]]:
    everything = np.ones(len(genes), bool)
    column = next((name for name in KINDS if name in genes), None)
    if column is None:
        return _without_antibodies(genes)
    kinds = genes[column].astype(object).fillna("without a kind").astype(str)
    kept = _are_genes(kinds)
    if kept.all():
        return kept, []
    if kept.any():
        left = ", ".join(f"{n} {kind}" for kind, n in kinds[~kept].value_counts().items())
        said = f"left out as no gene expression: {left} ({column})"
        return kept, [Note("features", "warning", said)]
    if kinds.nunique() > 1 or kinds.str.strip().str.lower().isin(OTHERS).any():
        found = ", ".join(sorted(set(kinds)))
        said = f"none is called Gene Expression in {column} ({found}): all are used as genes"
        return everything, [Note("features", "warning", said)]
    return everything, []


def _without_antibodies(genes: pd.DataFrame) -> tuple[np.ndarray, list[Note]]:
    """Return a mask (G,) of genes that are none of BD Rhapsody's antibodies, by their names; and a note."""
    antibodies = np.array([ABSEQ.search(str(name)) is not None for name in genes.index], bool)
    if not antibodies.any() or antibodies.all():
        return np.ones(len(genes), bool), []
    said = f"left out as no gene expression: {antibodies.sum()} antibodies, whose names end in pAbO"
    return ~antibodies, [Note("features", "warning", said)]


def filled(own: pd.DataFrame, genes: pd.DataFrame) -> tuple[pd.DataFrame, list[Note]]:
    """Return the genes of raw with the columns that only var has, by the genes' names; and a note.

    Genes that var lacks have no value there. They are of the expression, as nothing says otherwise. A
    genome of some genes only is left out: it would lose the others.
    """
    there = own.index.isin(genes.index)
    if not there.any() or not genes.index.is_unique:
        return own, []
    placed, found, notes = genes.reindex(own.index), own.copy(), []
    known = {*own, *(KINDS if set(KINDS) & set(own) else ())}
    known |= set() if there.all() else {GENOME}
    for column in genes.columns.difference(known, sort=False):
        values = placed[column]
        if column in KINDS and not there.all():
            if not _are_genes(genes[column]).any():
                continue
            values = values.astype(object).where(there, "Gene Expression")
            said = (
                f"{(~there).sum()} of {len(own)} genes of raw are not in var, which alone has {column}: "
                "they are taken for genes of the expression"
            )
            notes.append(Note("features", "warning", said))
        found[column] = values.array
    return found, notes


def _are_genes(kinds: pd.Series) -> np.ndarray:
    lower = kinds.astype(str).str.strip().str.lower()
    if lower.isin(BIOTYPES).any():
        return ~lower.isin(OTHERS).to_numpy()
    return lower.isin(EXPRESSION).to_numpy()


def named(
    genes: pd.DataFrame, gene_names: str | None, of_file: Sequence[Note] = ()
) -> tuple[pd.DataFrame, list[Note]]:
    """Return genes under the names of a column, the index of None; a missing name becomes the id.

    If a column is named, what stood in its place are the ids, unless there are others.

    With ids, equal names get a number, as scanpy's `var_names_make_unique` gives it. Without, they
    stay as they are.

    Parameters
    ----------
    genes
        A row for each.
    gene_names
        The column.
    of_file
        Notes of the reading, which may say why a column is not there.

    Raises
    ------
    Unread
        If there is no such column, or if a name is missing where there is no id.
    """
    notes = []
    if gene_names is not None and gene_names not in genes:
        lost = f"var column {gene_names!r} cannot be read"
        why = [f" ({note.message})" for note in of_file if lost in note.message][:1]
        raise Unread(
            f"has no gene_names {gene_names!r} beside the counts{''.join(why)}; it has "
            f"{list(genes.columns)}"
        )
    given = genes.index.to_series()
    if gene_names is not None:
        given = as_names(genes[gene_names])
        if not set(ID_COLUMNS) & set(genes) and genes.index.is_unique:
            genes = genes.assign(**{ID_COLUMNS[0]: genes.index.astype(str)})
    missing = (given.isna() | (given.astype(str).str.strip() == "")).to_numpy()
    names = given.astype(str).to_numpy(object)
    ids = ids_of(genes)
    if missing.any() and ids is None:
        raise Unread(f"has {missing.sum()} genes without a name and no ids; name them")
    if missing.any():
        names[missing] = ids[missing]
        notes.append(
            Note("gene names", "ok", f"{missing.sum()} genes without a name have their id")
        )
    index = pd.Index(names, dtype=object)
    twice = list(dict.fromkeys(index[index.duplicated()]))
    if twice and ids is not None:
        index = make_index_unique(index)
        some = ", ".join(twice[:FEW_NAMES]) + (" …" if len(twice) > FEW_NAMES else "")
        said = f"{len(twice)} names stand for several genes, which got numbers: {some}"
        notes.append(Note("gene names", "ok", said))
    if are_row_numbers(index) and ids is None:
        said = "genes are called by row numbers; if a column has their names, name it in gene_names"
        notes.append(Note("gene names", "warning", said))
    return genes.set_axis(index, axis=0).rename_axis(index=None), notes


def as_names(column: pd.Series) -> pd.Series:
    """Return a column as texts without blanks at their ends, 1.0 as 1; NaN where nothing is named."""
    categorical = isinstance(column.dtype, pd.CategoricalDtype)
    texts = column.astype(str).astype(object).str.strip()
    if pd.api.types.is_float_dtype(column.cat.categories if categorical else column):
        texts = texts.str.removesuffix(".0")
    return texts.where(column.notna() & (texts != ""), np.nan)


def are_row_numbers(names: pd.Index) -> bool:
    """Return whether names count the rows of a table, from 0 or from 1."""
    numbers = [str(i) for i in range(len(names) + 1)]
    return len(names) > 1 and [*names.astype(str)] in (numbers[:-1], numbers[1:])


def ids_of(genes: pd.DataFrame) -> np.ndarray | None:
    """Return the genes' stable ids (G,) of text, None where there are none for all, each once."""
    for column in ID_COLUMNS:
        if column in genes:
            ids = as_names(genes[column])
            if ids.notna().all() and ids.is_unique:
                return ids.to_numpy(object)
    names = genes.index.astype(str)
    like_ids = np.mean([IDS.fullmatch(name) is not None for name in names]) if len(names) else 0
    return names.to_numpy(object) if like_ids >= MOSTLY and names.is_unique else None


def without_version(ids: np.ndarray) -> np.ndarray:
    """Return ids (G,) without what follows a dot, unless two would become one."""
    short = np.array([re.sub(r"\.\d+$", "", name) for name in ids], object)
    return short if len(set(short)) == len(short) else ids
