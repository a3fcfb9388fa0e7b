# Where the whole of this workflow lies on this machine. An import by a git address gives Snakemake
# single files only, but the scripts need the modules beside them: the tree of that commit is then
# unpacked once into Snakemake's cache of sources.
import contextlib
import hashlib
import io
import os
import subprocess
import tarfile
import tempfile
from pathlib import Path


def commit_of(ref, git):
    """Return the commit of a tag or branch: the same for all jobs of a run, though a branch may move."""
    place = hashlib.sha256(f"{git[-1]} {ref}".encode()).hexdigest()
    variable = f"AIF_WORKFLOW_COMMIT_{place[:16]}"
    if variable not in os.environ:
        found = subprocess.check_output([*git, "rev-parse", f"{ref}^{{commit}}"], text=True)
        os.environ[variable] = found.strip()
    return os.environ[variable]


def git_tree(source):
    """Return the folder with the tree of the commit that a source file in git belongs to."""
    if hasattr(source, "repo_path"):
        git = ["git", "-C", source.repo_path]
    else:
        git = ["git", "--git-dir", str(source.hosted_repo.repo_clone)]
    commit = commit_of(source.ref, git)
    trees = Path(workflow.sourcecache.cache_path) / "aif-workflow"
    tree = trees / commit
    if not tree.is_dir():
        trees.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=trees) as folder:
            content = subprocess.check_output([*git, "archive", commit])
            with tarfile.open(fileobj=io.BytesIO(content)) as archive:
                archive.extractall(Path(folder) / "tree", filter="data")
            with contextlib.suppress(OSError):  # another run was faster
                os.rename(Path(folder) / "tree", tree)
    return tree


# Of this file and not of the Snakefile that is run, which may be one that imports this workflow.
source = workflow.current_basedir
ROOT = Path(source).parents[1] if isinstance(source, os.PathLike) else git_tree(source)
