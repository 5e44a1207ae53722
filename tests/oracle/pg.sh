#!/bin/sh
# A private PostgreSQL 15 as the oracle of tests: `pg.sh start`, `pg.sh psql [ARGS]`, `pg.sh stop`.
#
# The cluster lies in $WEIR_PG_DIR (default: a folder of its own per checkout under /tmp), listens on
# a unix socket only, and is made with --locale=C in UTC, as Weir's answers are. start does nothing
# when it runs already. As root everything of the server runs as user postgres. Without PostgreSQL on
# the machine the exit status is 77: a test that needs it is skipped.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
dir=${WEIR_PG_DIR:-/tmp/weir-pg-$(printf %s "$here" | cksum | cut -d' ' -f1)}
bin=${WEIR_PG_BIN:-/usr/lib/postgresql/15/bin}

as_owner() {
    if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi
}

is_running() {
    [ -d "$dir/data" ] && as_owner "$bin/pg_ctl" -D "$dir/data" status >/dev/null 2>&1
}

make_cluster() {
    mkdir -p "$dir"
    if [ "$(id -u)" = 0 ]; then chown postgres "$dir"; fi
    chmod 755 "$dir"
    as_owner "$bin/initdb" -D "$dir/data" -U postgres -A trust --locale=C -E UTF8 -N >"$dir/initdb.log"
    as_owner sh -c "cat >>'$dir/data/postgresql.conf'" <<CONF
listen_addresses = ''
unix_socket_directories = '$dir'
fsync = off
synchronous_commit = off
full_page_writes = off
shared_buffers = 64MB
max_connections = 20
timezone = 'UTC'
datestyle = 'ISO, MDY'
CONF
}

# Tests start it at the same time; one does it and the others wait.
start() {
    if is_running; then return; fi
    (
        flock 9
        if is_running; then exit; fi
        [ -d "$dir/data" ] || make_cluster
        as_owner "$bin/pg_ctl" -D "$dir/data" -l "$dir/log" -w start >/dev/null 9>&-
    ) 9>"$dir.lock"
}

stop() {
    if is_running; then as_owner "$bin/pg_ctl" -D "$dir/data" -m fast -w stop >/dev/null; fi
    rm -rf "$dir" "$dir.lock"
}

if ! [ -x "$bin/initdb" ]; then
    echo "pg.sh: no PostgreSQL in $bin" >&2
    exit 77
fi

case ${1:-} in
start) start ;;
stop) stop ;;
psql)
    shift
    start
    exec "$bin/psql" -X -h "$dir" -U postgres "$@"
    ;;
*)
    echo "usage: pg.sh start | psql [ARGS] | stop" >&2
    exit 2
    ;;
esac
