#!/bin/sh
# Tells what the host has: look.sh ROOT PYTHON SITE COMMIT. One NAME=VALUE a line; it changes nothing.
root=$1 python=$2 site=$3 commit=$4
if [ -d /run/systemd/system ]; then echo init=systemd; else echo init=none; fi
echo "python=$("$python" -VV 2>/dev/null | tr -d '\n') $(readlink -f "$python")"
echo "venvs=$(cd "$root/venvs" 2>/dev/null && for stamp in */.complete; do [ -e "$stamp" ] && printf '%s ' "${stamp%/*}"; done)"
echo "registered=$(cat "$root/registered" 2>/dev/null)"
echo "proxy=$(sed -n 's/^ *image: //p' "$site/proxy.yaml" 2>/dev/null)"
echo "image=$([ -z "$commit" ] || docker image ls --quiet --filter label=datacatalog.amundsen.image=frontend \
    --filter "label=datacatalog.amundsen.source=$commit" 2>/dev/null | head -n 1)"
