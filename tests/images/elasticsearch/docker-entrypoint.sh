#!/bin/bash
# The makers' entrypoint, as far as a server without X-Pack goes.
set -eu
[ "$1" = eswrapper ] || exec "$@"
exec elasticsearch
