#!/bin/sh
# Prints one line with the host's architecture and the digest of its private authorities, then the base images that are there, or no-engine.
# usage: sh -s REPOSITORY
echo "$(uname -m) $(find /usr/local/share/ca-certificates -name '*.crt' -print0 2>/dev/null | sort -z | xargs -0r cat | sha256sum)"
docker image ls --format '{{.Repository}}:{{.Tag}}' "$1" 2>/dev/null || echo no-engine
