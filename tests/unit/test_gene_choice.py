"""Which genes are used: the most variable ones, those to keep and those to drop."""

import anndata as ad
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from aif.data.gene_choice import Choice, chosen_genes, most_variable_genes
from aif.data.gene_sets import GENE_SETS
from aif.data.preprocessing import standardise, transform
from aif.errors import InputError


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
    assert np.flatnonzero(most_variable_genes(logs, 5)).tolist() == [0, 1, 2, 3, 4]
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
    ("keys", "message"),
    [
        (
            {"keep_genes": ("CD3E",)},
            r"^d\.keep_genes: there is no gene 'CD3E'; names are like g0, g1",
        ),
        ({"drop_genes": ("mitos",)}, r"^d\.drop_genes: 'mitos' is no gene of the data and no set"),
    ],
)
def test_a_name_that_is_no_gene_is_one_line(logs, keys, message):
    with pytest.raises(InputError, match=message):
        chosen(logs, **keys)


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
