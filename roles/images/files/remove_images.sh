#!/bin/sh
# Removes the images of services, except those that a container still uses; docker names these on stderr.
# usage: sh -s PREFIX "SERVICE ..."
for service in $2; do
    for image in $(docker image ls --format '{{.Repository}}:{{.Tag}}' --filter "label=datacatalog.amundsen.image=$service" "$1/$service"); do
        docker image rm "$image" || true
    done
done
