#!/usr/bin/env bash
# Makes the base image from Debian's packages: debootstrap checks their signatures, `docker import` makes the image.
# Without a mirror in the network's scripts it is that of the host's own apt sources.
# usage: bash -s IMAGE SUITE WORK_FOLDER [FOLDER_OF_NETWORK_SCRIPTS]
set -euo pipefail
image=$1 suite=$2 build=$3 network=${4:-}
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
bundle=/etc/ssl/certs/ca-certificates.crt
work=$build/base-image
root=$work/root

unmount() { awk -v under="$work/" 'index($2, under) == 1 {print $2}' /proc/mounts | sort -r | xargs -r umount; }

clean() {
    status=$?
    trap - EXIT
    if [ "$status" != 0 ]; then
        echo "The base image was not made: step '$step' failed. Mirror: ${mirror:-that of debootstrap}. The last lines:" >&2
        tail -n 25 "$work/log" >&2
        echo "If this host reaches the outside by a proxy or a mirror alone, set amundsen_http_proxy or amundsen_mirrors." >&2
    fi
    unmount && rm -rf --one-file-system "$work"
    exit "$status"
}

# The address of an apt source of this host, whatever its suite: a mirror carries them all.
host_mirror() { # LABEL
    # shellcheck disable=SC2016  # apt expands it
    apt-get indextargets --format '$(REPO_URI)' 'Identifier: Packages' 'Origin: Debian' "Label: $1" 'Component: main' | head -n 1
}

sources() {
    cat <<SOURCES
Types: deb
URIs: $mirror
Suites: $suite $suite-updates
Components: main
Signed-By: $keyring

Types: deb
URIs: $security
Suites: $suite-security
Components: main
Signed-By: $keyring
SOURCES
}

# No caches of apt in this image and those on it, no documentation, and nothing that dpkg writes is worth an fsync.
settings() {
    cat >"$root/etc/dpkg/dpkg.cfg.d/image" <<'DPKG'
force-unsafe-io
path-exclude=/usr/share/doc/*
path-include=/usr/share/doc/*/copyright
path-exclude=/usr/share/info/*
path-exclude=/usr/share/locale/*
path-exclude=/usr/share/man/*
DPKG
    cat >"$root/etc/apt/apt.conf.d/image" <<'APT'
APT::Install-Recommends "false";
Acquire::Languages "none";
Dir::Cache::pkgcache "";
Dir::Cache::srcpkgcache "";
DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb"; };
APT
    printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
    chmod 755 "$root/usr/sbin/policy-rc.d"
}

bootstrap() {
    debootstrap --foreign --variant=minbase --include=ca-certificates,usr-is-merged --keyring="$keyring" \
        "$suite" "$root" ${mirror:+"$mirror"}
    settings
    find /usr/local/share/ca-certificates -name '*.crt' -exec install -D -m 644 -t "$root/usr/local/share/ca-certificates" {} +
    chroot "$root" /debootstrap/debootstrap --second-stage
}

upgrade() {
    : "${mirror:=$(awk '$1 == "deb" {print $2; exit}' "$root/etc/apt/sources.list")}"
    : "${security:=${mirror%/}-security}"
    rm -f "$root/etc/apt/sources.list"
    sources >"$root/etc/apt/sources.list.d/debian.sources"
    cat ${network:+"$network/build.sh"} </dev/null >"$root/run/network.sh"
    chroot "$root" sh -ec '. /run/network.sh; apt-get update; DEBIAN_FRONTEND=noninteractive apt-get --yes dist-upgrade python3'
}

reduce() {
    find "$root/usr/share/doc" -type f ! -name copyright -delete
    find "$root/usr/share/doc" -type l -delete
    rm -rf "$root"/usr/share/{info,locale,man}/* "$root"/var/lib/apt/lists/* "$root"/var/cache/{apt/*.bin,apt/archives/*.deb,debconf/*-old} \
        "$root"/var/log/{*.log,apt/*,bootstrap.log} "$root"/{tmp,run,dev/shm}/* "$root"/var/lib/dpkg/*-old "$root/etc/machine-id" "$root/etc/hostname"
    : >"$root/etc/resolv.conf"
}

import() {
    id=$(tar --create --directory "$root" --numeric-owner --sort=name --one-file-system . | docker import \
        --change "ENV LANG=C.UTF-8 SSL_CERT_FILE=$bundle PIP_CERT=$bundle REQUESTS_CA_BUNDLE=$bundle NODE_EXTRA_CA_CERTS=$bundle" \
        --change "LABEL datacatalog.amundsen.image=base" --change 'CMD ["python3"]' -)
}

try() { docker run --rm --network none "$id" python3 -c 'import ssl, sqlite3'; }

(umask 077 && mkdir -p "$build")
exec 9>"$build/base-image.lock"
flock 9
# A run that was interrupted may have gone on to its end meanwhile.
! docker image inspect "$image" >/dev/null 2>&1 || exit 0
trap clean EXIT
trap 'exit 130' INT TERM HUP
unmount
rm -rf --one-file-system "$work"
mkdir "$work"
# shellcheck disable=SC1091
[ -z "$network" ] || . "$network/host.sh"
mirror=${amundsen_apt_mirror:-$(host_mirror Debian)}
security=${amundsen_apt_security:-$(host_mirror Debian-Security)}

for step in bootstrap upgrade reduce import try; do
    "$step" >>"$work/log" 2>&1 9>&-
done
docker tag "$id" "$image"
