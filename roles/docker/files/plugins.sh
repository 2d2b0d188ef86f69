#!/bin/sh
# Debian 12 has no Compose v2 and no buildx. Takes those of Debian 13, which run there as they are: from the
# host's own mirror, signature-checked by apt, under a configuration that the host's apt never sees.
# usage: sh -s NETWORK_SCRIPT compose|buildx ...
set -eu
# shellcheck disable=SC1090
. "$1"
shift
folder=/usr/local/lib/docker/cli-plugins
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work" # apt downloads as its own user

apt-get update -qq || true # a broken third source is no reason to stop: the next line tells
# shellcheck disable=SC2016 # the names in it are apt's
mirror=${amundsen_apt_mirror:-$(apt-get indextargets --format '$(REPO_URI)' 'Identifier: Packages' 'Codename: bookworm' 'Origin: Debian' 'Label: Debian' 'Component: main' | head -n 1)}
if [ -z "$mirror" ]; then
    echo "No apt source of this host carries Debian bookworm's component main. Add one, or set amundsen_docker_repository." >&2
    exit 1
fi

mkdir -p "$work/sources" "$work/lists/partial" "$work/cache/archives/partial" "$work/deb" "$work/root"
cat >"$work/sources/trixie.sources" <<SOURCE
Types: deb
URIs: $mirror
Suites: trixie
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
SOURCE
private() {
    apt-get -qq -o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts="$work/sources" -o Dir::Etc::preferencesparts=/dev/null \
        -o Dir::State::lists="$work/lists" -o Dir::Cache="$work/cache" "$@"
}
private update
cd "$work/deb"
for plugin in "$@"; do
    private -o APT::Sandbox::User=root download "docker-$plugin/trixie"
done
for package in *.deb; do
    dpkg-deb -x "$package" "$work/root"
done
mkdir -p "$folder"
for plugin in "$@"; do
    install -m 0755 "$work/root/usr/libexec/docker/cli-plugins/docker-$plugin" "$folder/.docker-$plugin.new"
    mv "$folder/.docker-$plugin.new" "$folder/docker-$plugin"
done
