"""The table of metrics: what each is called, what it says, its range, direction, needs and source."""

from __future__ import annotations

from dataclasses import replace

from aif.evaluation.metric import Metric

# Sources that several metrics share, by their keys in the report's references.
RAND, SILHOUETTE, LISI = "hubert1985", "rousseeuw1987", "korsunsky2019"
# The range of ARI is [-1/2, 1], that of a silhouette [-1, 1].
ORIGINAL = (
    Metric(
        *("ARI_CT", "original", -0.5),
        words="how well k-means finds the cell types (adjusted Rand index)",
        sources=(RAND, "tran2020"),
    ),
    Metric(
        *("1-ARI_B", "original", 0.0, 1.5),
        needs_types=1,
        words="how little k-means finds the batches (1 − adjusted Rand index)",
        sources=(RAND, "tran2020"),
    ),
    Metric(
        *("F1_ARI", "original"),
        words="types found and batches not found, in one number (harmonic mean of both ARI)",
        sources=("tran2020",),
    ),
    Metric(
        *("ASW_CT", "original", -1.0),
        words="how far cell types lie apart (silhouette)",
        sources=(SILHOUETTE, "tran2020"),
    ),
    Metric(
        *("1-ASW_B", "original", 0.0, 2.0),
        needs_types=0,
        words="how little batches lie apart (1 − silhouette)",
        sources=(SILHOUETTE, "tran2020"),
    ),
    Metric(
        *("F1_ASW", "original"),
        words="types apart and batches not apart, in one number (harmonic mean of both silhouettes)",
        sources=("tran2020",),
    ),
    Metric(
        *("LISI_CT", "original", 1.0, "types", "lower"),
        words="how many cell types a cell has among its neighbours (LISI)",
        sources=(LISI, "tran2020"),
    ),
    Metric(
        *("LISI_B", "original", 1.0, "batches"),
        needs_types=0,
        words="how many batches a cell has among its neighbours (LISI)",
        sources=(LISI, "tran2020"),
    ),
    Metric(
        *("F1_LISI", "original"),
        words="pure types and mixed batches, in one number (harmonic mean of both LISI)",
        sources=("tran2020",),
    ),
)
SCIB_BIO = (
    Metric(
        *("NMI", "scib"),
        words="how well clusters agree with cell types (normalised mutual information)",
        sources=("strehl2002",),
    ),
    Metric(
        *("ARI", "scib", -0.5),
        words="how well clusters agree with cell types (adjusted Rand index)",
        sources=(RAND,),
    ),
    Metric(
        *("ASW_label", "scib"),
        words="how far cell types lie apart (silhouette)",
        sources=(SILHOUETTE,),
    ),
    Metric(
        *("isolated_labels_F1", "scib"),
        words="how well the cell types of the fewest batches are found as clusters (F1)",
    ),
    Metric(
        *("isolated_labels_ASW", "scib"),
        words="how far the cell types of the fewest batches lie apart (silhouette)",
        sources=(SILHOUETTE,),
    ),
    Metric(
        *("cLISI", "scib"),
        words="how pure in cell type a cell's neighbours are (LISI)",
        sources=(LISI,),
    ),
)
SCIB_BATCH = (
    Metric(
        *("ASW_batch", "scib"),
        needs_types=1,
        words="how close batches lie within a cell type (silhouette)",
        sources=(SILHOUETTE,),
    ),
    Metric(
        *("PCR_comparison", "scib"),
        needs_types=0,
        words="how much less the batch explains than before (principal component regression)",
        sources=("buettner2019",),
    ),
    Metric(
        *("graph_connectivity", "scib"),
        needs_types=1,
        words="whether each cell type is one piece of the neighbour graph",
    ),
    Metric(
        *("iLISI", "scib"),
        needs_types=0,
        words="how well batches mix among a cell's neighbours (LISI)",
        sources=(LISI,),
    ),
)
KBET = Metric(  # beside the scores: scib-metrics' is not scib's own
    *("kBET", "scib"),
    needs_types=1,
    words="share of cells whose neighbours have the batches of their cell type (chi-square test)",
    sources=("buettner2019",),
)
ROBUST = (
    Metric(
        *("purity", "robust"),
        words="share of a cell's 25 nearest neighbours that have its cell type",
    ),
    Metric(
        *("BRAS", "robust"),
        needs_types=1,
        words="how close batches lie within a cell type, far ones included (adapted silhouette)",
        sources=("rautenstrauch2025",),
    ),
    Metric(
        *("CiLISI", "robust"),
        needs_types=1,
        words="how well batches mix among a cell's neighbours of its own cell type (LISI)",
        sources=(LISI, "andreatta2024"),
    ),
)
UNLABELLED = (
    Metric(
        *("structure", "unlabelled"),
        needs_types=0,
        words="whether clusters of a batch alone are still clusters (normalised mutual information)",
        sources=("strehl2002",),
    ),
    Metric(
        *("mixing", "unlabelled"),
        needs_types=0,
        words="how well batches mix among a cell's neighbours: LISI of all cells",
        sources=(LISI,),
    ),
    Metric(
        *("variance_removed", "unlabelled"),
        needs_types=0,
        words="share of the variance between batches that is gone: PCR comparison of all cells",
        sources=("luecken2022",),
    ),
)
BIO_SCORE = Metric(
    *("bio_score", "scib"), words="how well cell types are kept: the mean of NMI to cLISI"
)
BATCH_SCORE = Metric(
    *("batch_score", "scib"),
    needs_types=1,
    words="how well batches mix: the mean of ASW batch to iLISI",
)
OVERALL = Metric(*("overall", "scib"), words="0.6 bio score + 0.4 batch score")
ROBUST_OVERALL = Metric(
    *("robust_overall", "robust"),
    words="0.6 mean of NMI, ARI and purity + 0.4 mean of BRAS, CiLISI, kBET and PCR comparison",
)
UNLABELLED_SCORE = Metric(
    *("unlabelled", "unlabelled"),
    needs_types=0,
    words="0.7 structure + 0.3 geometric mean of mixing and variance removed: needs no cell types",
)
SCORES = (BIO_SCORE, BATCH_SCORE, OVERALL, ROBUST_OVERALL, UNLABELLED_SCORE)
DE_AUC = tuple(
    Metric(
        *(f"DE_AUC_{direction}_{genes}", "expression"),
        words=f"how well genes that go {direction} are found among {genes} genes (F1, mean over thresholds)",
        sources=("tran2020",),
    )
    for genes in ("all", "variable")
    for direction in ("up", "down")
)
FALSE = {
    "FDR": ("lower", "share of unchanged genes among those that {test} calls (adjusted p < 0.05)"),
    "found": ("higher", "share of changed genes that {test} calls (adjusted p < 0.05)"),
    "found_at_FDR": (
        "higher",
        "share of changed genes that {test} ranks before unchanged ones are 5 % of those called",
    ),
}
# Tests by the end of the names of their metrics.
TESTS = {"": "a rank sum test", "_counts": "a test on the counts with the batch as covariate"}
DISCOVERIES = tuple(
    Metric(
        *(f"DE_{name}{test}", "expression"),
        better=better,
        words=words.format(test=in_words),
    )
    for test, in_words in TESTS.items()
    for name, (better, words) in FALSE.items()
)
DE = (*DE_AUC, *DISCOVERIES)
COST = (
    Metric(
        *("seconds", "cost", 0.0, None, "lower"),
        needs_types=0,
        words="time of training and correction",
    ),
    Metric(
        *("peak_memory_mb", "cost", 0.0, None, "lower"),
        needs_types=0,
        words="most memory that was used, in MB",
    ),
)
SCIB = (*SCIB_BIO, *SCIB_BATCH, KBET)
JUDGED = (*SCIB, *ROBUST, *UNLABELLED, *SCORES)

MAXIMUM = "_max"  # ends the names of the maxima over the original's repetitions
ORIGINAL_MAXIMA = tuple(replace(metric, name=metric.name + MAXIMUM) for metric in ORIGINAL)
NAMES = tuple(metric.name for metric in (*ORIGINAL, *ORIGINAL_MAXIMA, *JUDGED, *DE))
METRICS = (*ORIGINAL, *ORIGINAL_MAXIMA, *JUDGED, *COST)
