#!/bin/sh
# Installs the browser that tests/browser opens the report in, where that can be done.
set -u
command -v chromium >/dev/null && command -v chromedriver >/dev/null && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium chromium-driver >/dev/null && exit 0
fi
echo "no chromium and chromedriver here, and they cannot be installed: the browser tests will be skipped"
