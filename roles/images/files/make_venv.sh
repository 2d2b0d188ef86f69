#!/bin/sh
# Makes a virtual environment on the host as the frontend's image has one. Prints the log's end where it fails.
# usage: make_venv.sh CONTEXT VENV PYTHON UNPINNED SOURCE_TREE COMMIT UI_IMAGE (the last three are empty without a source tree)
set -eu
main() {
    context=$1 venv=$2 python=$3 unpinned=$4 tree=$5 commit=$6 ui=$7
    umask 022
    export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_COMPILE=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore PIP_QUIET=1

    if ! "$python" -c 'import ensurepip' 2>/dev/null; then
        apt-get update -qq
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$(basename "$(readlink -f "$python")")-venv" >/dev/null
    fi
    rm -rf "$venv"
    "$python" -m venv "$context/pip"
    "$python" -m venv --without-pip "$venv"
    fill() { sh "$context/fill-venv" "$context/pip/bin/pip" "$venv" "$@"; }
    fill packages "$context/requirements.txt"
    if [ -n "$tree" ]; then
        mkdir "$context/source"
        git -c safe.directory='*' -C "$tree" archive "$commit" -- frontend ':(glob)requirements*.txt' | tar -x -C "$context/source"
        container=$(docker create "$ui")
        docker cp "$container:$(docker run --rm --network none --entrypoint python "$ui" -c \
            'import amundsen_application as a; print(a.__path__[0])')/static/dist" "$context/source/frontend/amundsen_application/static/" || failed=1
        docker rm "$container" >/dev/null
        [ -z "${failed:-}" ]
        fill source "$context/source/frontend"
    fi
    [ -z "$unpinned" ] || fill mend "$unpinned"
    cp -R "$context/package/." "$venv"/lib/python3*/site-packages/
    chmod -R u=rwX,go=rX "$venv"
    "$venv/bin/python" -m compileall -q "$venv"
    # Without the first of them Amundsen would run wide open.
    "$venv/bin/python" -c 'import flaskoidc, amundsen_guard.app, amundsen_application'
    touch "$venv/.complete"
}

# Read as a whole before it runs: the script comes on standard input, which is not for what it calls.
main "$@" </dev/null
