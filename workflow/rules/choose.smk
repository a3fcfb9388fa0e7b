# The choice among candidates by the score without cell types: what to run first on data of one's own.
rule choose:
    input:
        TARGETS.of_choice,


# Says what the choice will cost as soon as the cells are known: with one core before anything is trained,
# with more while the first training starts.
rule choice_cost:
    input:
        "results/{dataset}/data/norm_log.h5ad",
    output:
        "results/{dataset}/chosen/cost.tsv",
    log:
        "results/{dataset}/chosen/cost.log",
    priority: 100
    localrule: True
    conda:
        "../../envs/torch.yaml"
    params:
        candidates=JOBS.candidates,
        of_packages=JOBS.candidates_of_packages,
        repeats=CONFIG.repeats,
        max_cells=CONFIG.evaluation.max_cells,
        code=code("choice_cost.py"),
    script:
        "../scripts/choice_cost.py"


use rule metrics as candidate_metrics with:
    input:
        TARGETS.of_products("results/{dataset}/{product}/metrics.tsv", PLAN.candidates),
    output:
        "results/choose.tsv",
    log:
        "results/choose.log",
    params:
        runs=JOBS.expected_products(PLAN.candidates),
        code=code("concatenate.py"),


rule chosen:
    input:
        table="results/choose.tsv",
        candidates=[f"results/{{dataset}}/{product}/corrected.h5ad" for product in PLAN.candidates],
        pictures=[f"results/{{dataset}}/{product}/embedding.tsv" for product in PLAN.candidates],
    output:
        corrected="results/{dataset}/chosen/corrected.h5ad",
        why="results/{dataset}/chosen/why.tsv",
    log:
        "results/{dataset}/chosen/chosen.log",
    localrule: True
    conda:
        "../../envs/scanpy.yaml"
    params:
        methods=[method for method, _ in PLAN.candidates.values()],
        code=code("chosen.py"),
    script:
        "../scripts/chosen.py"


use rule ranks as candidate_ranks with:
    input:
        "results/choose.tsv",
    output:
        "results/choose_ranks.tsv",
    log:
        "results/choose_ranks.log",


use rule report as choose_report with:
    input:
        benchmark="results/choose.tsv",
        ranks="results/choose_ranks.tsv",
        losses=TARGETS.of_products(
            "results/{dataset}/{product}/losses.tsv", PLAN.of_aif(PLAN.candidates)
        ),
        checks=TARGETS.of_datasets("results/{dataset}/data/checks.tsv"),
        composition=TARGETS.of_datasets("results/{dataset}/data/composition.tsv"),
        genes=TARGETS.of_datasets("results/{dataset}/data/genes.tsv"),
        types=TARGETS.of_products("results/{dataset}/{product}/types.tsv", PLAN.candidates),
        provenance=TARGETS.of_products(
            "results/{dataset}/{product}/provenance.tsv", PLAN.candidates
        ),
        figures=[figure["path"] for figure in TARGETS.figures_of(PLAN.candidates)],
        embeddings=TARGETS.embeddings_of(TARGETS.figures_of(PLAN.candidates)),
        cells=TARGETS.of_datasets("results/{dataset}/data/cells.tsv"),
        columns=TARGETS.of_datasets("results/{dataset}/data/cell_columns.tsv"),
    output:
        "results/choose.html",
    log:
        "results/choose_report.log",
    params:
        config=SETTINGS,
        figures=TARGETS.figures_of(PLAN.candidates),
        by=["unlabelled"],
        code=code("report.py"),
