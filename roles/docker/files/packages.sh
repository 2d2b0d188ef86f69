#!/bin/sh
# Installs packages of the host's own apt sources, by the company's proxy where there is one.
# usage: sh -s NETWORK_SCRIPT PACKAGE...
set -eu
# shellcheck disable=SC1090
. "$1"
shift
export DEBIAN_FRONTEND=noninteractive
apt-get --quiet --option DPkg::Lock::Timeout=300 update || true # a broken third source is no reason to stop: the next line tells
apt-get --quiet --option DPkg::Lock::Timeout=300 --yes --no-install-recommends install "$@" || {
    echo "$* cannot be installed; apt says why above. If this host reaches the outside by a proxy alone, set amundsen_http_proxy." >&2
    exit 1
}
