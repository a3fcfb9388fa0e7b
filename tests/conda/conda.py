"""A `conda` that does what Snakemake asks of it, with rattler as solver and installer."""

import asyncio
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import yaml

# One thread each for the solver and the installer: trials with several have crashed now and then.
os.environ |= {"RAYON_NUM_THREADS": "1", "TOKIO_WORKER_THREADS": "1"}
from rattler import Channel, ChannelConfig, VirtualPackage, install, solve

BASE = Path(__file__).parents[1]
ALIAS = (BASE / "channels").as_uri() + "/"
ATTEMPTS = 3  # rattler crashes in one environment of some forty


def answer(*arguments):
    """Do what a command line asks for."""
    match arguments:
        case ("--version",):
            print("conda 24.7.1")
        case ("info", "--json"):
            print(json.dumps({"conda_prefix": str(BASE), "platform": "linux-64"}))
        case ("config", "--get", "channel_priority", "--json"):
            print(json.dumps({"get": {"channel_priority": "strict"}}))
        case (
            "env",
            "create",
            "--quiet",
            "--no-default-packages",
            "--file",
            file,
            "--prefix",
            prefix,
        ):
            create(yaml.safe_load(Path(file).read_text()), Path(prefix))
        case ("link", asked):
            asyncio.run(deploy(*json.loads(asked)))
        case ("clean", *_):
            pass  # of archives: they lie in the channel and are not copied
        case _:
            sys.exit(f"this conda knows no {' '.join(arguments)}")


def create(env, prefix):
    """Make the environment: the packages from the channels first, then those from pip."""
    specs = [spec for spec in env["dependencies"] if isinstance(spec, str)]
    link(env["channels"], specs, prefix)
    for part in env["dependencies"]:
        if isinstance(part, dict):
            pip_install(part["pip"], prefix)


def link(channels, specs, prefix):
    """Solve and link in a process of its own, once more where a signal ends that process."""
    asked = json.dumps([channels, specs, str(prefix)])
    for _ in range(ATTEMPTS):
        status = subprocess.run([sys.executable, __file__, "link", asked]).returncode
        if status >= 0:
            break
        print(f"rattler was ended by signal {-status}", file=sys.stderr)
        for half_made in (prefix, BASE / "pkgs"):
            shutil.rmtree(half_made, ignore_errors=True)
    if status:
        sys.exit(f"rattler could not make {prefix}: exit status {status}")


def pip_install(lines, prefix):
    """Install what a list of requirements says, with the environment's own pip and compiler."""
    requirements = prefix / "pip.txt"
    requirements.write_text("\n".join(lines))
    command = [prefix / "bin/python", "-m", "pip", "install", "--quiet", "-r", requirements]
    path = f"{prefix / 'bin'}:{os.environ['PATH']}"
    subprocess.run(command, check=True, env={**os.environ, "PATH": path})


async def deploy(channels, specs, prefix):
    """Solve and link; a name of a channel means that folder of ours."""
    config = ChannelConfig(ALIAS)
    sources = [Channel(name, config) for name in channels if name != "nodefaults"]
    platforms, virtual = ["linux-64", "noarch"], VirtualPackage.detect()
    records = await solve(sources, specs, platforms=platforms, virtual_packages=virtual)
    await install(records, Path(prefix), cache_dir=BASE / "pkgs", show_progress=False)


if __name__ == "__main__":
    answer(*sys.argv[1:])
