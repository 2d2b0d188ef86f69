#!/usr/bin/env bash
# Puts what a bare host of this distribution needs for an engine into one tar: packages with all that they depend on, signature-checked
# by apt, with an index; and the client's plugins that are no packages there, as this host has them.
# usage: bash -s NETWORK_SCRIPT FOLDER "PACKAGE ..." "PLUGIN ..."
set -euo pipefail
# shellcheck disable=SC1090
. "$1"
umask 077
folder=$2 packages=$3 plugins=$4
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work" # apt downloads as its own user
tree=$work/packages
mkdir -p "$work/archives/partial" "$tree"

die() {
    printf '%s\n' "$@" >&2
    exit 1
}

# As if nothing were installed: a bare host may have less than this one.
: >"$work/status"
apt-get update -qq || true # a broken third source is no reason to stop: the next line tells
# shellcheck disable=SC2086 # the packages are words
DEBIAN_FRONTEND=noninteractive apt-get install --download-only --yes --no-install-recommends -qq \
    -o Dir::State::status="$work/status" -o Dir::Cache::archives="$work/archives" -o APT::Sandbox::User=root $packages >/dev/null \
    || die "The packages $packages could not be downloaded (apt says why above). Let this host reach its package sources, and run again."
mv "$work/archives"/*.deb "$tree"

cd "$tree"
for package in *.deb; do
    dpkg-deb -f "$package"
    printf 'Filename: ./%s\nSize: %s\nSHA256: %s\n\n' "$package" "$(stat -c %s "$package")" "$(sha256sum "$package" | cut -d ' ' -f 1)"
done >Packages

for plugin in $plugins; do
    path=$(docker info --format "{{range .ClientInfo.Plugins}}{{if eq .Name \"$plugin\"}}{{.Path}}{{end}}{{end}}")
    [ -n "$path" ] || die "The client on this host has no plugin $plugin to put into the bundle. Run the role docker first."
    gzip -1 -n -c "$path" >"docker-$plugin.gz"
done
tar -c -f "$folder/packages.tar" --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner --mode=u=rwX,go=rX -C "$work" packages
# Who logs in fetches it, which need not be root.
chown --reference="$folder" "$folder/packages.tar"
