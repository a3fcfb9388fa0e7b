# Where the whole of this workflow lies on this machine. An import by a git address gives Snakemake
# single files only, but the scripts need the modules beside them: the tree of that commit is then
# unpacked once into Snakemake's cache of sources.
import io
import os
import subprocess
import tarfile
import tempfile
from pathlib import Path


def git_tree(source):
    """Return the folder with the tree of the commit that a source file in git belongs to."""
    if hasattr(source, "repo_path"):
        git = ["git", "-C", source.repo_path]
    else:
        git = ["git", "--git-dir", str(source.hosted_repo.repo_clone)]
    commit = subprocess.check_output([*git, "rev-parse", f"{source.ref}^{{commit}}"], text=True)
    trees = Path(workflow.sourcecache.cache_path) / "aif-workflow"
    tree = trees / commit.strip()
    if not tree.is_dir():
        trees.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=trees) as folder:
            content = subprocess.check_output([*git, "archive", commit.strip()])
            with tarfile.open(fileobj=io.BytesIO(content)) as archive:
                archive.extractall(Path(folder) / "tree", filter="data")
            if not tree.is_dir():  # another run may have been faster
                os.rename(Path(folder) / "tree", tree)
    return tree


# Of this file and not of the Snakefile that is run, which may be one that imports this workflow.
source = workflow.current_basedir
ROOT = Path(source).parents[1] if isinstance(source, os.PathLike) else git_tree(source)
