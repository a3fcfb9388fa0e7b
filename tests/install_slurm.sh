#!/bin/sh
# Installs SLURM, on which tests/slurm runs the workflow, where that can be done.
set -u
command -v slurmctld >/dev/null && command -v slurmd >/dev/null && command -v munged >/dev/null && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends slurm-wlm munge >/dev/null && exit 0
fi
echo "no SLURM here, and it cannot be installed: its tests will be skipped"
