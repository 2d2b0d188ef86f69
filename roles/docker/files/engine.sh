#!/bin/sh
# Starts, restarts or stops the engine, with systemd or without any init, and waits until it answers.
# usage: sh -s start|restart|stop STATE_FOLDER
set -u
umask 077
state=$2
pidfile=$state/dockerd.pid

answers() { docker version >/dev/null 2>&1; }

ours() { tr '\0' '\n' 2>/dev/null </proc/"$(cat "$pidfile" 2>/dev/null)"/cmdline | grep -qxF -e "--pidfile=$pidfile"; }

wait_for() { # SECONDS COMMAND
    left=$1
    shift
    until "$@"; do
        left=$((left - 1))
        [ "$left" -gt 0 ] || return 1
        sleep 1
    done
}

gone() { ! ours; }

stop() {
    if [ -d /run/systemd/system ]; then
        systemctl disable --now docker.socket docker.service
    elif ours; then
        kill "$(cat "$pidfile")"
        wait_for 60 gone
    fi
}

start() {
    if [ -d /run/systemd/system ]; then
        systemctl daemon-reload
        systemctl enable --quiet docker.service
        systemctl "$1" docker.service
    else
        ours && { stop || return 1; }
        # What a container that was stopped hard leaves behind keeps the next engine from starting.
        leftover=/run/docker/containerd/containerd.pid
        [ "$(cat /proc/"$(cat "$leftover" 2>/dev/null)"/comm 2>/dev/null)" = containerd ] || rm -f "$leftover"
        rm -f "$pidfile"
        (
            cd / || exit
            set -a
            # shellcheck disable=SC1091
            [ ! -s "$state/proxy.env" ] || . "$state/proxy.env"
            exec setsid dockerd --pidfile="$pidfile" </dev/null >>"$state/dockerd.log" 2>&1
        ) &
    fi
    wait_for 60 answers
}

case $1 in
stop) stop ;;
*)
    if start "$1"; then
        cp "$state/wanted.json" "$state/applied.json"
        rm -f "$state/proxy.applied"
        [ ! -e "$state/proxy.env" ] || cp -p "$state/proxy.env" "$state/proxy.applied"
    else
        echo "The engine did not answer within 60 seconds. Its last words:" >&2
        if [ -d /run/systemd/system ]; then
            journalctl --no-pager --unit docker.service --lines 20 >&2
        else
            tail -n 20 "$state/dockerd.log" >&2
        fi
        exit 1
    fi
    ;;
esac
