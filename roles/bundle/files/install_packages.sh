#!/usr/bin/env bash
# Installs packages and plugins out of the tar that collect_packages.sh made. apt sees no other source, so no network is asked.
# usage: bash -s TAR "PACKAGE ..." "PLUGIN ..."
set -euo pipefail
tar=$1 packages=$2 plugins=$3
folder=/usr/local/lib/docker/cli-plugins
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
tar -x -f "$tar" -C "$work" --no-same-owner
mkdir -p "$work/lists/partial" "$work/cache/archives/partial"
# The checksums of the bundle were checked, and with them this index, which holds those of the packages.
echo "deb [trusted=yes] file:$work/packages ./" >"$work/sources.list"
private() {
    DEBIAN_FRONTEND=noninteractive apt-get -q -o Dir::Etc::sourcelist="$work/sources.list" -o Dir::Etc::sourceparts=/dev/null \
        -o Dir::State::lists="$work/lists" -o Dir::Cache="$work/cache" -o APT::Sandbox::User=root -o DPkg::Lock::Timeout=300 "$@"
}
private update
dpkg --configure -a # what a run that was cut off left
# shellcheck disable=SC2086 # the packages are words
private install --fix-broken --yes --no-remove --no-install-recommends $packages
for plugin in $plugins; do
    mkdir -p "$folder"
    gunzip -c "$work/packages/docker-$plugin.gz" >"$folder/.docker-$plugin.new"
    chmod 0755 "$folder/.docker-$plugin.new"
    mv "$folder/.docker-$plugin.new" "$folder/docker-$plugin"
done
