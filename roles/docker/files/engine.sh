#!/bin/sh
# Starts, restarts or stops the engine, with systemd or without any init, and waits until it answers.
# usage: sh -s start|restart|stop STATE_FOLDER
set -u
umask 077
state=$2
pidfile=$state/dockerd.pid

answers() { timeout 10 docker version >/dev/null 2>&1; }

says() { tr '\0' '\n' 2>/dev/null <"/proc/$1/cmdline" | grep -qF -e "$2"; }

ours() { pid=$(cat "$pidfile" 2>/dev/null) && says "$pid" "--pidfile=$pidfile"; }

stop() {
    if [ -d /run/systemd/system ]; then
        systemctl disable --now docker.socket docker.service
    elif ours; then
        kill "$(cat "$pidfile")"
        for _ in $(seq 60); do
            ours || return 0
            sleep 1
        done
        return 1
    fi
}

# In a session of its own, so that it outlives the play.
launch() {
    # What a container that was stopped hard leaves behind keeps the next engine from starting.
    leftover=/run/docker/containerd/containerd.pid
    says "$(cat "$leftover" 2>/dev/null)" containerd || rm -f "$leftover"
    rm -f "$pidfile"
    (
        cd / || exit
        set -a
        # shellcheck disable=SC1091
        [ ! -s "$state/proxy.env" ] || . "$state/proxy.env"
        exec setsid dockerd --log-level=warn --pidfile="$pidfile" </dev/null >>"$state/dockerd.log" 2>&1
    ) &
    engine=$!
}

# On a busy machine dockerd may give up waiting for its own containerd; the next try finds it.
start() {
    tries=3
    engine=none
    if [ -d /run/systemd/system ]; then
        systemctl daemon-reload
        systemctl enable --quiet docker.service
        systemctl "$1" docker.service
    else
        stop || return 1
    fi
    for _ in $(seq 120); do
        answers && return 0
        if [ ! -d /run/systemd/system ] && ! says "$engine" dockerd; then
            [ "$tries" -gt 0 ] || return 1
            tries=$((tries - 1))
            launch
        fi
        sleep 1
    done
    return 1
}

case $1 in
stop) stop ;;
*)
    if start "$1"; then
        cp "$state/wanted.json" "$state/applied.json"
        rm -f "$state/proxy.applied"
        [ ! -e "$state/proxy.env" ] || cp -p "$state/proxy.env" "$state/proxy.applied"
    else
        echo "The engine does not come up. Its last words:" >&2
        if [ -d /run/systemd/system ]; then
            journalctl --no-pager --unit docker.service --lines 20 >&2
        else
            tail -n 20 "$state/dockerd.log" >&2
        fi
        exit 1
    fi
    ;;
esac
