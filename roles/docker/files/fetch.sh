#!/bin/sh
# Fetches a file by the company's proxy where there is one.
# usage: sh -s NETWORK_SCRIPT PYTHON URL FILE
set -eu
# shellcheck disable=SC1090
. "$1"
umask 022
"$2" -c 'import sys, urllib.request; sys.stdout.buffer.write(urllib.request.urlopen(sys.argv[1], timeout=60).read())' "$3" >"$4.new"
mv "$4.new" "$4"
