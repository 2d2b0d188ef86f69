#!/bin/sh
# Says of each container of a project that is not well what it is, and what its health check said last. usage: sh -s PROJECT
set -eu
told='{{index .Config.Labels "com.docker.compose.service"}}|{{.State.Status}}|{{if .State.Health}}{{.State.Health.Status}}{{end}}|{{.State.ExitCode}}|{{.State.OOMKilled}}|{{.RestartCount}}'
for container in $(docker ps --all --quiet --filter "label=com.docker.compose.project=$1" --filter label=com.docker.compose.oneoff=False); do
    docker inspect --format "$told" "$container" | {
        IFS='|' read -r service status health code killed restarts
        if [ "$killed" = true ] || [ "$code" = 137 ]; then
            echo "$service was ended by the kernel for lack of memory (exit code $code). Raise its limit in amundsen_memory_limits, or give the host more."
        elif [ "$status" = created ]; then
            echo "$service was not started, as what it waits for is not well."
        elif [ "$status" != running ]; then
            echo "$service is $status, with exit code $code, and was started again $restarts times."
        fi
        if [ "$status" = running ] && [ -n "$health" ] && [ "$health" != healthy ]; then
            said=$(docker inspect --format '{{range .State.Health.Log}}{{println .Output}}{{end}}' "$container" | grep . | tail -n 1 || true)
            echo "$service is $health: ${said:-its health check has not answered yet}"
        fi
    }
done
