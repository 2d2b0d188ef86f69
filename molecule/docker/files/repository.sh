#!/bin/sh
# Makes a signed package repository of the form of Docker's own at FOLDER, and serves it on 127.0.0.1:8099. Its packages
# hold the files of Debian 13's, so on Debian 12 they are newer than the distribution's, as Docker's own are.
# usage: repository.sh FOLDER
set -eu
# shellcheck disable=SC1091
suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
index=dists/$suite/stable/binary-$(dpkg --print-architecture)
echo "deb $(awk '/^URIs:/{print $2; exit}' /etc/apt/sources.list.d/debian.sources) trixie main" >/etc/apt/sources.list.d/trixie.list
printf 'Package: *\nPin: release n=trixie\nPin-Priority: 100\n' >/etc/apt/preferences.d/trixie
apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends gnupg >/dev/null
mkdir -p "$1/$index" "$1/pool"
cd "$1"

pack() { # DISTRIBUTION'S NAME, DOCKER'S NAME
    work=$(mktemp -d)
    (cd "$work" && apt-get download -qq -o APT::Sandbox::User=root "$1/trixie" && dpkg-deb -R ./*.deb tree)
    sed -i -E -e "s/^Package: .*/Package: $2/" -e '/^(Conflicts|Breaks|Replaces|Provides|Recommends|Suggests):/d' \
        -e '/^Depends:/s/\b(containerd|docker-cli)\b[^,]*/\1.io/' -e '/^Depends:/s/docker-cli.io/docker-ce-cli/' "$work/tree/DEBIAN/control"
    dpkg-deb -Znone -b "$work/tree" "pool/$2.deb" >/dev/null
    rm -rf "$work"
}
pack docker.io docker-ce
pack docker-cli docker-ce-cli
pack containerd containerd.io
pack docker-compose docker-compose-plugin
pack docker-buildx docker-buildx-plugin

rm /etc/apt/sources.list.d/trixie.list /etc/apt/preferences.d/trixie
apt-get update -qq

for package in pool/*.deb; do
    dpkg-deb -f "$package"
    printf 'Filename: %s\nSize: %s\nSHA256: %s\n\n' "$package" "$(stat -c %s "$package")" "$(sha256sum "$package" | cut -d ' ' -f 1)"
done >"$index/Packages"
cat >"dists/$suite/Release" <<RELEASE
Origin: Docker
Suite: $suite
Codename: $suite
Components: stable
Date: $(date -Ru)
SHA256:
 $(sha256sum "$index/Packages" | cut -d ' ' -f 1) $(stat -c %s "$index/Packages") ${index#dists/"$suite"/}/Packages
RELEASE
GNUPGHOME=$(mktemp -d)
export GNUPGHOME
gpg --batch --quiet --passphrase '' --quick-generate-key packages@example.com rsa2048 sign never
gpg --batch --quiet --clearsign -o "dists/$suite/InRelease" "dists/$suite/Release"
gpg --batch --quiet --armor --export >key.asc
setsid python3 -m http.server --bind 127.0.0.1 8099 </dev/null >/dev/null 2>&1 &
