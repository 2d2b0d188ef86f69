#!/usr/bin/env bash
# Makes the base image from one of a registry: what it lacks of Python and ca-certificates, and the host's private authorities.
# usage: bash -s IMAGE FROM WORK_FOLDER FOLDER_OF_NETWORK_SCRIPTS
set -euo pipefail
image=$1 from=$2 build=$3 network=$4
bundle=/etc/ssl/certs/ca-certificates.crt

(umask 077 && mkdir -p "$build")
exec 9>"$build/base-image.lock"
flock 9
work=$(mktemp -d -p "$build" base-image.XXXXXX)
trap 'rm -rf "$work"' EXIT

# shellcheck disable=SC1091
. "$network/host.sh"
# A name without a registry is Docker Hub's, which the mirror stands for.
pulled=$from registry=${from%%/*}
if [ "$registry" = "$from" ]; then
    pulled=${amundsen_image_mirror:+$amundsen_image_mirror/library/}$from
elif [[ $registry != *[.:]* && $registry != localhost ]]; then
    pulled=${amundsen_image_mirror:+$amundsen_image_mirror/}$from
fi
registry=${pulled%%/*}
if [[ $registry != "$pulled" && $registry == *[.:]* && -e $network/files/private.pem ]]; then
    install -D -m 0644 "$network/files/private.pem" "/etc/docker/certs.d/$registry/amundsen.crt"
fi
if ! docker ${amundsen_image_login:+--config "$amundsen_image_login"} pull --quiet "$pulled" >/dev/null; then
    echo "The base image $pulled could not be pulled. Check amundsen_base_image and the engine's way to the registry (docker login for a private one," \
        "amundsen_mirrors for a mirror, amundsen_https_proxy for a proxy); without a registry, set amundsen_base_image_source=bootstrap." >&2
    exit 1
fi
digest=$(docker image inspect --format '{{range .RepoDigests}}{{println .}}{{end}}' "$pulled" | head -n 1)
digest=${digest:+${from%%@*}@${digest#*@}} # whichever mirror it came by

mkdir "$work/authorities"
find /usr/local/share/ca-certificates -name '*.crt' -exec install -m 644 -t "$work/authorities" {} +
cat >"$work/Dockerfile" <<'DOCKERFILE'
ARG FROM
FROM ${FROM}
USER 0
COPY authorities/ /usr/local/share/ca-certificates/
RUN --mount=type=secret,id=network . /run/secrets/network; set -eu; \
    if ! command -v python3 >/dev/null || ! command -v update-ca-certificates >/dev/null; then \
        apt-get update; \
        apt-get install --yes --no-install-recommends ca-certificates python3; \
        rm -rf /var/lib/apt/lists/*; \
    fi; \
    update-ca-certificates; \
    python3 -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11) and "amundsen_base_image must have Python 3.11, this one has " + sys.version)'
ARG BUNDLE DIGEST
ENV LANG=C.UTF-8 SSL_CERT_FILE=$BUNDLE PIP_CERT=$BUNDLE REQUESTS_CA_BUNDLE=$BUNDLE NODE_EXTRA_CA_CERTS=$BUNDLE
LABEL datacatalog.amundsen.image=base datacatalog.amundsen.base=$DIGEST
ENTRYPOINT []
CMD ["python3"]
DOCKERFILE
DOCKER_BUILDKIT=1 docker build --quiet --tag "$image" --secret "id=network,src=$network/build.sh" --build-arg "FROM=$pulled" --build-arg "BUNDLE=$bundle" --build-arg "DIGEST=$digest" "$work" >/dev/null
