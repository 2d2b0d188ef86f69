#!/usr/bin/env bash
# The service of the frontend without Docker: service.sh check|run|stop INIT NAME RUNNER ROOT VENV KNOCK
# Prints "changed" where it is (or would be) started anew, or stopped, and at the end the id of its first process (0: none).
set -euo pipefail
verb=$1 init=$2 name=$3 runner=$4 root=$5 venv=$6 knock=$7
pid_file=/run/$name.pid

is_up() {
    if [ "$init" = systemd ]; then
        systemctl is-active --quiet "$name" && systemctl is-enabled --quiet "$name"
    else
        [ -f "$pid_file" ] && tr '\0' ' ' <"/proc/$(cat "$pid_file")/cmdline" 2>/dev/null | grep -qF "$runner"
    fi
}
tell_pid() {
    local pid=0
    if [ "$init" = systemd ]; then
        pid=$(systemctl show --property MainPID --value "$name")
    elif is_up; then
        pid=$(cut -d ' ' -f 1 "/proc/$(cat "$pid_file")/task/$(cat "$pid_file")/children")
    fi
    echo "${pid:-0}"
}
files() { cat "$runner" "$root"/config/* "$root"/secrets/frontend/* 2>/dev/null | sha256sum; }
log() {
    if [ "$init" = systemd ]; then journalctl --no-pager --lines 30 --output cat --unit "$name"; else tail -n 30 "$root/frontend.log"; fi
}
stop() {
    if [ "$init" = systemd ]; then
        systemctl disable --quiet --now "$name"
    else
        kill -TERM "$(cat "$pid_file")"
        for _ in {1..300}; do is_up || return 0; sleep 0.1; done
        echo "$name did not stop within 30 s" >&2
        return 1
    fi
}
start() {
    if [ "$init" = systemd ]; then
        systemctl daemon-reload
        systemctl enable --quiet "$name"
        systemctl restart "$name"
    else
        ! is_up || stop
        env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin setsid "$runner" </dev/null >>"$root/frontend.log" 2>&1 &
    fi
}

if [ "$verb" = stop ]; then
    ! is_up || { stop; echo changed; }
    exit
fi
if is_up && [ "$(cat "$root/running" 2>/dev/null)" = "$(files)" ]; then tell_pid; exit; fi
echo changed
[ "$verb" = run ] || { tell_pid; exit; }
start || { log >&2; exit 1; }
if ! "$venv/bin/python" - "$knock" "$root/secrets/frontend/certificate.pem" <<'PYTHON'
import http.client, socket, ssl, sys, time, urllib.parse
where, certificate = sys.argv[1:]
parts = urllib.parse.urlsplit(where)
last = "it does not listen"
for _ in range(120):
    try:
        connection = http.client.HTTPConnection(parts.hostname or "localhost", timeout=5)
        if parts.scheme == "unix":
            connection.sock = socket.socket(socket.AF_UNIX)
            connection.sock.connect(parts.path)
        else:  # the certificate has to be the public name's; any authority may have signed it
            context = ssl.create_default_context(cafile=certificate)
            context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
            address, port = parts.path.strip("/").rsplit(":", 1)
            connection.sock = context.wrap_socket(socket.create_connection((address, int(port)), 5), server_hostname=parts.hostname)
        connection.request("GET", "/healthcheck/live")
        if connection.getresponse().status == 200:
            sys.exit()
    except ssl.SSLCertVerificationError as error:
        sys.exit(f"The certificate is not good for {parts.hostname}: {error.verify_message}")
    except OSError as error:
        last = str(error)
    time.sleep(0.25)
sys.exit(f"No answer within 30 s: {last}")
PYTHON
then
    log >&2
    exit 1
fi
files >"$root/running"
find "$root/venvs" -mindepth 1 -maxdepth 1 ! -path "$venv" -exec rm -rf {} +
tell_pid
