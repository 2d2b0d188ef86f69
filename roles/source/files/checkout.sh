#!/bin/bash
# Keeps a local branch at a pinned commit of a git repository, with the user's own commits on top of it.
# Prints one line: changed or unchanged, and the commit that the branch is at.
# usage: bash -s TREE URL COMMIT BRANCH check|change
set -euo pipefail
tree=$1 url=$2 pin=$3 branch=$4 mode=$5
export GIT_TERMINAL_PROMPT=0 GIT_CONFIG_NOSYSTEM=1 LC_ALL=C
export GIT_COMMITTER_NAME=amundsen GIT_COMMITTER_EMAIL=amundsen@localhost

die() {
    printf '%s\n' "$@" >&2
    exit 1
}

here() { git -C "$tree" "$@"; }

# One commit without its history is enough; a server that gives no single commits gives all.
fetch() { # TREE
    git -C "$1" fetch --quiet --no-tags --depth 1 "$url" "$pin" 2>/dev/null \
        || git -C "$1" fetch --quiet --tags "$url" '+refs/heads/*:refs/remotes/upstream/*' \
        || die "The repository $url could not be fetched. Check amundsen_git_url, or name a mirror there."
    git -C "$1" cat-file -e "$pin^{commit}" 2>/dev/null \
        || die "The repository $url holds no commit $pin. Check amundsen_git_commit, or amundsen_git_url for a mirror that lacks it."
}

report() { # changed|unchanged COMMIT
    echo "$1 $2"
    exit 0
}

[[ $pin =~ ^[0-9a-f]{40}$ ]] || die "amundsen_git_commit is '$pin': give a full commit id of 40 digits; the name of a branch or a short id may mean another commit tomorrow."
if ! command -v git >/dev/null; then
    [ "$mode" = change ] || report changed "$pin"
    { apt-get update && apt-get install --yes --no-install-recommends git ca-certificates; } >/dev/null \
        || die "git is missing and could not be installed. Install it and run again."
fi
git check-ref-format --branch "$branch" >/dev/null 2>&1 || die "amundsen_git_branch is '$branch', which is no name for a branch."

if [ "$mode" = check ] && ! [ -d "$tree/.git" ]; then
    report changed "$pin"
fi
(umask 077 && mkdir -p "$(dirname "$tree")")
exec 9>"$tree.lock"
flock 9

# What an interrupted run left is begun anew: a tree gets its name only when it is whole.
rm -rf "$tree.new"
trap 'rm -rf "$tree.new"' EXIT
if ! [ -d "$tree/.git" ]; then
    [ ! -e "$tree" ] || die "$tree is no git tree. Move it away and run again."
    git init --quiet --initial-branch="$branch" "$tree.new"
    fetch "$tree.new"
    git -C "$tree.new" config amundsen.pin "$pin"
    git -C "$tree.new" reset --quiet --hard "$pin"
    mv "$tree.new" "$tree"
    report changed "$pin"
fi

edits=$(here status --porcelain)
[ -z "$edits" ] || die "The tree $tree has edits that are not committed:" "$edits" \
    "Nothing was touched. Commit them (git -C $tree commit --all), and they are built and kept; or drop them (git -C $tree stash)."
now=$(here symbolic-ref --quiet --short HEAD || echo 'no branch')
[ "$now" = "$branch" ] || die "The tree $tree is on $now and not on $branch. Nothing was touched." \
    "Go back (git -C $tree switch $branch), or set amundsen_git_branch to what you want built."
head=$(here rev-parse HEAD)
old=$(here config amundsen.pin || echo "$head")
if [ "$old" = "$pin" ]; then
    report unchanged "$head"
elif [ "$mode" = check ]; then
    report changed "$pin"
fi

fetch "$tree"
trap 'here rebase --abort 2>/dev/null; exit 130' INT TERM HUP
if ! here rebase --quiet --onto "$pin" "$old" >/dev/null 2>&1; then
    conflicts=$(here diff --name-only --diff-filter=U)
    here rebase --abort
    die "Your commits on $branch do not fit on $pin. These files are in conflict:" "$conflicts" \
        "Nothing was changed. Rebase them yourself (git -C $tree rebase --onto $pin $old; git -C $tree config amundsen.pin $pin) and run again."
fi
here config amundsen.pin "$pin"
report changed "$(here rev-parse HEAD)"
