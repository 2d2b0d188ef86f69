# Prints one line with the host's architecture and the digest of its private authorities, then the base images that are there.
# usage: sh -s REPOSITORY
echo "$(uname -m) $(find /usr/local/share/ca-certificates -name '*.crt' -exec cat {} + 2>/dev/null | sha256sum)"
docker image ls --format '{{.Repository}}:{{.Tag}}' "$1" 2>/dev/null || true
