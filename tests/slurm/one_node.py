"""A real SLURM of one node, with a pretended GPU."""

import contextlib
import importlib.util
import os
import shutil
import subprocess
import time
from pathlib import Path

HERE = Path(__file__).parent
# A job's step looks for its configuration here and nowhere else.
CONFIGURATION = Path("/etc/slurm")
PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "srun", "squeue", "scontrol", "scancel")


class Cluster:
    """The running SLURM.

    Attributes
    ----------
    folder
        Where it keeps its files.
    """

    def __init__(self, folder):
        self.folder = folder

    def environment(self):
        """Return the variables with which Snakemake finds the account `lab`.

        The plugin asks `sacctmgr` whether an account exists, which needs a database.
        """
        programs = self.folder / "bin"
        programs.mkdir(exist_ok=True)
        script = programs / "sacctmgr"
        script.write_text("#!/bin/sh\necho lab\n")
        script.chmod(0o755)
        return {"PATH": f"{programs}:{os.environ['PATH']}"}

    def jobs(self):
        """Return SLURM's records of all jobs, in the order of their submission."""
        lines = answer("scontrol", "show", "job", "--oneliner").splitlines()
        records = [dict(f.split("=", 1) for f in line.split() if "=" in f) for line in lines]
        return sorted((r for r in records if "JobId" in r), key=lambda r: int(r["JobId"]))

    def wait_until_empty(self):
        """Wait until no job is left, dying ones included."""
        wait_for(lambda: not answer("squeue", "--noheader"), "the end of all jobs")


def answer(*command):
    """Return what a command prints."""
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def wait_for(reached, what, seconds=600):
    """Wait until `reached()` is true."""
    end = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < end, f"waited for {what} in vain"
        time.sleep(0.1)


def obstacle():
    """Return why no cluster can be started here; nothing where it can."""
    missing = [program for program in PROGRAMS if shutil.which(program) is None]
    if missing:
        return f"no SLURM here: {', '.join(missing)} missing (tests/install_slurm.sh)"
    if importlib.util.find_spec("snakemake_executor_plugin_slurm") is None:
        return "Snakemake's plugin for SLURM is not installed (make slurm)"
    if os.geteuid() != 0:
        return "SLURM's daemons can be started by root only"
    if (CONFIGURATION / "slurm.conf").exists():
        return f"this machine has a SLURM of its own: {CONFIGURATION}/slurm.conf"
    return None


@contextlib.contextmanager
def configured(folder):
    """Put the cluster's configuration where SLURM looks for it, for the time of the block."""
    CONFIGURATION.mkdir(exist_ok=True)
    files = [CONFIGURATION / name for name in ("slurm.conf", "gres.conf")]
    try:
        for file in files:
            file.write_text((HERE / file.name).read_text().replace("FOLDER", str(folder)))
        yield
    finally:
        for file in files:
            file.unlink(missing_ok=True)


@contextlib.contextmanager
def running(folder, *command):
    """Run a daemon in the foreground, its output in a log, for the time of the block."""
    with (folder / f"{command[0]}.log").open("w") as log:
        daemon = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
        try:
            yield
        finally:
            daemon.terminate()
            daemon.wait(timeout=60)


@contextlib.contextmanager
def authentication(folder):
    """Run SLURM's authentication, with a key and a socket of its own, for the time of the block."""
    key, socket = folder / "munge.key", folder / "munge.socket"
    key.touch(mode=0o600)
    key.write_bytes(os.urandom(1024))
    files = {"key-file": key, "socket": socket}
    files |= {f"{name}-file": folder / f"munge.{name}" for name in ("pid", "seed")}
    options = [f"--{name}={path}" for name, path in files.items()]
    # --force: other users, whom it would serve too, have no access to the folder.
    with running(folder, "munged", "--foreground", "--force", *options):
        wait_for(socket.exists, "munged", 60)
        yield


def node_is_idle():
    """Return whether the node can be given jobs."""
    command = ["sinfo", "--noheader", "--format=%T"]
    states = subprocess.run(command, capture_output=True, text=True).stdout.split()
    return "idle" in states


@contextlib.contextmanager
def started(folder):
    """Give a `Cluster` that is ready for jobs, for the time of the block."""
    for name in ("state", "spool"):
        (folder / name).mkdir()
    with (
        configured(folder),
        authentication(folder),
        running(folder, "slurmctld", "-D"),
        running(folder, "slurmd", "-D", "-N", "localhost"),
    ):
        wait_for(node_is_idle, "the node", 60)
        cluster = Cluster(folder)
        yield cluster
        answer("scancel", "--user", "root")
        cluster.wait_until_empty()
