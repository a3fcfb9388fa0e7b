"""Write the three forms of the cells of one batch, split at random into pseudo-batches."""

import anndata as ad

from aif import __version__
from aif.data.preprocessing import TRANSFORMS, transform, write_transform
from aif.data.pseudo_batches import pseudo_batches
from aif.job.files import atomic
from aif.job.log import rule_log

with rule_log(snakemake) as log:
    params, dataset = snakemake.params, snakemake.wildcards.dataset
    counts = ad.read_h5ad(snakemake.input[0])
    cells = pseudo_batches(counts, params.parent, params.batch, params.draw)
    log.info("%d cells in %d pseudo-batches", cells.n_obs, cells.obs["batch"].nunique())
    raw = None
    for name in TRANSFORMS:
        result = transform(cells, name)
        result.uns["aif"] = {"dataset": dataset, "transform": name, "version": __version__}
        with atomic(snakemake.output[name]) as path:
            write_transform(path, result, raw)
        raw = snakemake.output.raw
