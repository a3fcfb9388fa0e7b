"""Which genes are used: the most variable ones, those to keep and those to drop."""

import re

import anndata as ad
import numpy as np
import pandas as pd
import pytest
import scanpy as sc
from scipy import sparse

from aif.data.checks import check_chosen, check_dataset
from aif.data.filters import Limits, filtered
from aif.data.gene_choice import Choice, check_named, chosen_genes, most_variable_genes
from aif.data.gene_sets import GENE_SETS
from aif.data.preprocessing import standardise, transform
from aif.errors import InputError
from aif.reading.notes import Note


@pytest.fixture
def logs():
    """Genes of which g0 to g4 differ between halves of the cells, within both batches."""
    x = np.random.default_rng(0).poisson(2, size=(60, 400)).astype(np.float32) + 1
    x[:30, :5], x[30:, :5] = 0, 6
    obs = pd.DataFrame({"lab": ["a", "b"] * 30}, index=[str(i) for i in range(60)])
    var = pd.DataFrame(index=[f"g{i}" for i in range(400)])
    counts = ad.AnnData(sparse.csr_matrix(x), obs, var)
    return transform(standardise(counts, "lab", None), "norm_log")


def chosen(logs, **keys):
    mask, notes = chosen_genes(logs, Choice(**keys), "d")
    return list(logs.var_names[mask]), notes


def test_the_most_variable_genes_are_found(logs):
    mask, silent = most_variable_genes(logs, 5)
    assert np.flatnonzero(mask).tolist() == [0, 1, 2, 3, 4]
    assert silent == []
    assert chosen(logs, n_top_genes=5) == (["g0", "g1", "g2", "g3", "g4"], [])
    assert chosen(logs)[0] == list(logs.var_names)


def test_genes_are_kept_or_left_out_by_name(logs):
    names = [*logs.var_names]
    names[1], names[2], names[9] = "MT-CO1", "Rpl10a", "mt-Nd1"
    logs.var_names = names
    found, notes = chosen(logs, n_top_genes=3, keep_genes=("g7",), drop_genes=("mito", "ribo"))
    assert found == ["g0", "g3", "g4", "g7"]
    assert [note.message for note in notes] == [
        "mito: 2 genes are left out",
        "ribo: 1 genes are left out",
    ]
    assert "g4" not in chosen(logs, drop_genes=("g4",))[0]
    assert "MT-CO1" in chosen(logs, keep_genes=("MT-CO1",), drop_genes=("mito",))[0]
    assert chosen(logs, drop_genes=("tcr",))[1][0].status == "warning"


def test_more_genes_than_there_are_keep_all_and_are_told(logs):
    found, notes = chosen(logs, n_top_genes=1000)
    assert len(found) == 400
    assert notes[0][:2] == ("n_top_genes", "warning")
    assert "1000 are asked for and 400 are there" in notes[0].message


@pytest.mark.parametrize(
    ("keep", "drop", "message"),
    [
        (["CD3E"], [], r"^d\.keep_genes: there is no gene 'CD3E'; names are like g0, g1"),
        ([], ["mitos"], r"^d\.drop_genes: 'mitos' is no gene of the data and no set"),
    ],
)
def test_a_name_that_is_no_gene_is_one_line(logs, keep, drop, message):
    with pytest.raises(InputError, match=message):
        check_named(logs.var_names, keep, drop, "d")
    check_named(logs.var_names, ["g1"], ["g2", "mito"], "d")


def test_a_gene_that_few_cells_have_is_dropped_already_and_cannot_be_kept(logs):
    assert chosen(logs, drop_genes=("rare",)) == (list(logs.var_names), [])
    found, notes = chosen(logs, keep_genes=("rare", "g9"), n_top_genes=5)
    assert found == ["g0", "g1", "g2", "g3", "g4", "g9"]
    assert notes == [
        Note("keep_genes", "warning", "rare: left out by min_cells, and so not kept"),
    ]


def test_too_few_genes_name_what_left_them_out(logs):
    with pytest.raises(
        InputError, match=r"^d\.drop_genes: 2 genes are left; drop less, or keep more"
    ):
        chosen(logs, drop_genes=tuple(logs.var_names[2:]))


@pytest.mark.parametrize("profile", [np.ones(400), np.arange(400) % 3])
def test_a_batch_in_which_no_gene_varies_does_not_vote(logs, profile):
    """Its cells may differ by their depth, which leaves rounding errors."""
    for n in (2, 20):
        depth = np.linspace(1, 3, n)[:, None]
        obs = pd.DataFrame({"lab": ["c"] * n}, index=[f"c{i}" for i in range(n)])
        counts = ad.AnnData(logs.layers["counts"], logs.obs[["lab"]], logs.var)
        same = ad.AnnData(sparse.csr_matrix(profile * depth).astype(np.float32), obs, logs.var)
        three = transform(standardise(ad.concat([counts, same]), "lab", None), "norm_log")
        genes, notes = chosen(three, n_top_genes=5)
        assert genes == chosen(logs, n_top_genes=5)[0]
        (note,) = notes
        assert note.message == "no gene varies, or all vary alike, in c; other batches decide"
        with pytest.raises(InputError, match=r"^d\.n_top_genes: in every batch no gene varies, or"):
            chosen(three[three.obs["lab"] == "c"].copy(), n_top_genes=5)


def test_where_all_batches_vote_the_choice_is_scanpys(logs):
    expected = sc.pp.highly_variable_genes(logs, n_top_genes=50, batch_key="batch", inplace=False)
    assert (most_variable_genes(logs, 50)[0] == expected["highly_variable"].to_numpy()).all()


def sparse_cells(kind, seed):
    """Return a few cells of a few genes, with labs of which one may have cells that are all alike."""
    rng = np.random.default_rng(seed)
    n, genes = rng.integers(6, 30), rng.integers(3, 40)
    if kind == "one gene a cell":
        x = np.eye(genes)[np.arange(n) % genes]
    elif kind == "two profiles":
        x = 3 * np.eye(genes)[[0, -1]][np.arange(n) // 2 % 2]
    else:
        x = rng.poisson(kind, (n, genes))
    labs = np.resize(["a", "b", "c"][: 2 + seed % 2], n)
    if seed % 3 == 0:
        x[labs == "b"] = x[labs == "b"][0]
    obs = pd.DataFrame({"lab": labs}, index=[f"c{i}" for i in range(n)])
    var = pd.DataFrame(index=[f"g{i}" for i in range(genes)])
    return ad.AnnData(sparse.csr_matrix(x.astype(np.float32)), obs, var)


def refusal(counts, limits, choice):
    """Return why cells are refused, None if they are not."""
    try:
        left, _ = filtered(counts, limits, "d")
        standard = standardise(left, "lab", None)
        check_dataset(standard, "d", {"batch_key": "lab", "label_key": None})
        used, _ = chosen_genes(transform(standard, "norm_log"), choice, "d")
    except InputError as error:
        return str(error)
    check_chosen(standard[:, used])
    return None


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", [0.05, 0.2, 1, "one gene a cell", "two profiles"])
def test_small_sparse_data_end_well_or_in_one_line(kind):
    for seed in range(12):
        least = 1 + seed % 2
        choice = Choice(3 + seed, ("g1",) * (seed % 2), ("g0",) * (seed % 4 == 0))
        limits = Limits(least, None, None, least, choice.keep_genes, choice.drop_genes)
        said = refusal(sparse_cells(kind, seed), limits, choice)
        assert said is None or re.fullmatch(r"d\.[a-z_]+: .*", said)


@pytest.mark.parametrize(
    ("name", "members", "others"),
    [
        ("mito", ["MT-ND1", "mt-Co1"], ["MTOR", "AMT-1"]),
        ("ribo", ["RPL10A", "RPS4X", "RPLP0", "RPSA", "Rps27"], ["RPSAP58A", "RPAP1", "RPS"]),
        ("haemoglobin", ["HBA1", "HBB", "HBG2", "Hbb-bt", "Hba-a1"], ["HBEGF", "HBP1", "HBS1L"]),
        ("immunoglobulin", ["IGHV1-2", "IGKC", "IGLC2", "IGHM", "IGHG1"], ["IGF1", "IGSF8"]),
        ("tcr", ["TRAV1", "TRBC1", "TRDC", "TRGV9", "TRBD1"], ["TRAF1", "TRADD", "TREM1"]),
    ],
)
def test_sets_have_the_genes_they_are_named_for(name, members, others):
    matches = {gene for gene in (*members, *others) if GENE_SETS[name].match(gene)}
    assert matches >= set(members)
    assert not matches & set(others)
    # Where genes of several species are together, the genome stands before the name.
    for genome in ("GRCh38_", "mm10___", "GRCh38_premrna_", "GRCh38-", "mm10---"):
        assert all(GENE_SETS[name].match(genome + gene) for gene in members)
        assert not any(GENE_SETS[name].match(genome + gene) for gene in others)
