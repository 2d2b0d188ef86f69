#!/bin/sh
# Builds one image. The locks that an earlier build made are taken, and those that this one makes are kept.
# usage: build_image.sh NAME CONTEXT_FOLDER LOCKS_FOLDER [options of docker buildx build ...]
set -eu
name=$1 context=$2 locks=$3
shift 3
if [ -d "$context/npm-locks" ]; then
    cp -n "$locks"/*.json "$context/npm-locks" 2>/dev/null || true
    docker buildx build --progress plain --target npm-lock --output "type=local,dest=$context.lock" "$@" "$context"
    mkdir -p "$locks"
    mv "$context.lock"/*.json "$locks"
    rm -rf "$context.lock"
fi
docker buildx build --progress plain --load --tag "$name" "$@" "$context"
