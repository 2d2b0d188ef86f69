#!/usr/bin/env bash
# Unpacks what each image is built from into its context, and prints its name and the version that its setup.py says.
# usage: bash -s TREE COMMIT CONTEXTS_FOLDER [SERVICE=CONTEXT ...]
set -euo pipefail
tree=$1 commit=$2 folder=$3
shift 3
for pair; do
    service=${pair%%=*} source=$folder/${pair#*=}/source
    mkdir -p "$source"
    git -C "$tree" archive "$commit" -- "$service" ':(glob)requirements*.txt' | tar -x -C "$source"
    echo "$service $(sed -n -E "s/.*version(__)? *= *['\"]([^'\"]+)['\"].*/\2/p" "$source/$service/setup.py" | head -n 1)"
done
