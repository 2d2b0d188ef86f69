#!/bin/sh
# Removes the images of services, except those that a container still uses; docker names these on stderr.
# The registry's names go first, so that an image that stays keeps its own.
# usage: sh -s PREFIX "SERVICE ..." [REGISTRY]
named='{{.Repository}}{{if eq .Tag "<none>"}}@{{.Digest}}{{else}}:{{.Tag}}{{end}}'
for prefix in ${3:-} "$1"; do
    for service in $2; do
        for image in $(docker image ls --digests --format "$named" --filter "label=datacatalog.amundsen.image=$service" "$prefix/$service"); do
            docker image rm "$image" || true
        done
    done
done
