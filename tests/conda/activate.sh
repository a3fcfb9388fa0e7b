# What Snakemake sources before a script, with the environment as its argument.
export CONDA_PREFIX="$1" PATH="$1/bin:$PATH"
