#!/bin/bash
# What users of Neo4j's image rely on: NEO4J_* become settings, EXTENSION_SCRIPT is read, then the server runs.
set -eu
settings=$NEO4J_HOME/conf/neo4j.conf
touch "$settings"
for name in $(compgen -e | grep '^NEO4J_[a-z]'); do
    setting=$(sed 's/^NEO4J_//; s/_/./g; s/\.\./_/g' <<<"$name")
    printf '%s=%s\n' "$setting" "${!name}" >>"$settings"
done
# shellcheck disable=SC1090
[ ! -f "${EXTENSION_SCRIPT:-}" ] || . "$EXTENSION_SCRIPT"
heap() { sed -n "s/^dbms\.memory\.heap\.$1=//p" "$settings" | tail -n 1; }
exec java "-Xms$(heap initial_size)" "-Xmx$(heap max_size)" -cp "$NEO4J_HOME/lib/*" org.neo4j.server.CommunityEntryPoint \
    "--home-dir=$NEO4J_HOME" "--config-dir=$NEO4J_HOME/conf"
