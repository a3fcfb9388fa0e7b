"""What Snakemake itself asks: which files, which parameters, what failed, what has changed."""
