#!/usr/bin/env bash
# Runs a command with DATABASE_URL pointing at a PostgreSQL:  scripts/with_postgres.sh COMMAND …
#
# DATABASE_URL if given; else a server on 127.0.0.1:5432 that lets "postgres" in without a password; else a cluster of
# our own on a free port, gone afterwards. The database's name is unique, so that two runs do not meet.
set -euo pipefail
name="bihuan_$$"
if [ -n "${DATABASE_URL:-}" ]; then
  exec "$@"
fi
PATH="$(find /usr/lib/postgresql -maxdepth 2 -name bin -type d 2>/dev/null | sort -rV | head -n 1):$PATH"

if psql -w -qAt -h 127.0.0.1 -U postgres -c 'SELECT 1' postgres >/dev/null 2>&1; then
  echo "PostgreSQL: the server on 127.0.0.1:5432"
  DATABASE_URL="postgres://postgres@127.0.0.1:5432/$name" exec "$@"
fi
if ! command -v initdb >/dev/null; then
  echo "No PostgreSQL found. Install it (apt-get install postgresql) or set DATABASE_URL=postgres://user:password@host/name." >&2
  exit 1
fi

cluster="$(mktemp -d)"
as_owner=()
if [ "$(id -u)" = 0 ]; then  # PostgreSQL refuses to run as root
  chown postgres "$cluster"
  as_owner=(runuser -u postgres --)
fi
stop() { (cd / && "${as_owner[@]}" pg_ctl -D "$cluster/data" -m immediate stop >/dev/null 2>&1) || true; rm -rf "$cluster"; }
trap stop EXIT
port="$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')"
echo "PostgreSQL: a temporary cluster on 127.0.0.1:$port"
(
  cd /
  "${as_owner[@]}" initdb -D "$cluster/data" -U postgres --auth=trust --encoding=UTF8 --locale=C.UTF-8 >/dev/null
  "${as_owner[@]}" pg_ctl -D "$cluster/data" -w -l "$cluster/log" -o "-p $port -c listen_addresses=127.0.0.1 -k $cluster" start >/dev/null
) || { cat "$cluster/log" >&2; exit 1; }
DATABASE_URL="postgres://postgres@127.0.0.1:$port/$name" "$@"
