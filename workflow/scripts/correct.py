"""Correct a data set with a trained model, or say why there is no correction."""

from pathlib import Path

import anndata as ad
import torch

from aif.correction.corrected import write_corrected
from aif.correction.no_correction import no_correction
from aif.job.files import atomic
from aif.job.log import rule_log
from aif.mapping.reference import Reference, save_reference
from aif.model.model_file import failure_of, load_model, save_failure
from aif.model.stored import stored_counts, trained_cells

with rule_log(snakemake), atomic(snakemake.output.corrected) as path:
    torch.set_num_threads(snakemake.threads)
    failure = failure_of(snakemake.input.model)
    if not failure:
        networks, info = load_model(snakemake.input.model)
        try:
            cells, options = snakemake.input.cells, snakemake.params.correction
            adata = trained_cells(cells)
            learned = write_corrected(path, networks, info, adata, options, source=cells)
            reference = Reference.of(networks, adata, stored_counts(cells), options, learned)
            save_reference(snakemake.output.reference, reference)
        except FloatingPointError as error:
            failure = info.ids() | {"status": "diverged", "reason": str(error)}
    if failure:
        adata = ad.read_h5ad(snakemake.input.cells)
        no_correction(adata, failure | {"output": "expression"}).write_h5ad(path)
        save_failure(Path(snakemake.output.reference), failure)
