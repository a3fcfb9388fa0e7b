"""A calling environment with Snakemake alone, and a conda with channels of its own."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from environments import ENVS, ROOT, Environment, pins
from small_workflow import Workflow

HERE = Path(__file__).parent
DEPLOYED = (
    "reading",
    "scanpy",
    "torch",
    "scib",
)  # the environments of what the target `pipeline` runs
OF_NO_WHEEL = {"python", "gxx"}
ROOM = 10e9  # bytes, several times what channels and environments take


class Deploying(Workflow):
    """Runs Snakemake with --use-conda, in an environment that has nothing else.

    Attributes
    ----------
    base
        The folder of conda.
    """

    def __init__(self, folder, base):
        super().__init__(folder)
        self.base = base
        self.python = base / "calling/bin/python"
        self.scripts_run = folder / "scripts_run.jsonl"

    def start(self, *arguments, **others):
        """Return the process of `snakemake ARGUMENTS --use-conda`, which goes on."""
        return super().start(
            *arguments,
            *("--use-conda", "--conda-prefix", self.base / "envs"),
            **others,
            PATH=f"{self.base / 'bin'}:{os.environ['PATH']}",
            SCRIPTS_RUN=str(self.scripts_run),
        )


@pytest.fixture(scope="session")
def base():
    """The folder of conda, with its channels and the calling environment; gone after the tests."""
    reason = obstacle()
    if reason:
        pytest.skip(reason)
    from channel import make_channels

    with TemporaryDirectory(prefix="conda-", dir=memory()) as folder:
        base = Path(folder)
        make_calling_environment(base / "calling")
        specs = set().union(*(Environment.read(ENVS / f"{name}.yaml").conda for name in DEPLOYED))
        make_channels(base / "channels", specs - OF_NO_WHEEL)
        (base / "bin").mkdir()
        command = base / "bin/conda"
        command.write_text(f"#!{sys.executable}\n{(HERE / 'conda.py').read_text()}")
        command.chmod(0o755)
        shutil.copy(HERE / "activate.sh", base / "bin/activate")
        yield base


def memory():
    """Return a folder in memory, from which 48,000 files are gone at once; None where none serves."""
    folder = Path("/dev/shm")
    if not folder.is_dir() or os.statvfs(folder).f_flag & os.ST_NOEXEC:
        return None
    return folder if shutil.disk_usage(folder).free > ROOM else None


def obstacle():
    """Return why no environment can be deployed here; nothing where they can."""
    if sys.platform != "linux" or os.uname().machine != "x86_64":
        return "the channels are made for Linux on x86_64"
    wanted = Environment.read(ENVS / "scanpy.yaml").conda["python"]
    if not sys.version.startswith(f"{wanted}."):
        return f"the environments have Python {wanted}, and the wheels here are of another"
    try:
        import rattler  # noqa: F401
    except ImportError:
        return "rattler is not installed (make test-conda installs it)"
    return None


def make_calling_environment(venv):
    """Install Snakemake in a virtual environment of its own, or skip the tests where that fails."""
    subprocess.run([sys.executable, "-m", "venv", venv], check=True)
    install = [venv / "bin/pip", "install", "--quiet", "--constraint", ROOT / "requirements.txt"]
    install.append(f"snakemake=={pins()['snakemake']}")
    done = subprocess.run(install, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"Snakemake cannot be installed here: {done.stderr.strip()[-200:]}")


@pytest.fixture
def workflow(tmp_path, base):
    return Deploying(tmp_path, base)


@pytest.fixture(scope="module")
def deployed(tmp_path_factory, base):
    """A workflow whose target `pipeline` has run."""
    workflow = Deploying(tmp_path_factory.mktemp("deployed"), base)
    process = workflow.run("pipeline")
    assert process.returncode == 0, process.stderr[-4000:]
    return workflow
