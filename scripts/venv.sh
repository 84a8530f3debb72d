#!/usr/bin/env bash
# Brings .venv to what the lock says:  scripts/venv.sh runtime|dev
#
# A stamp holds the hash of the lock, so that the second time costs milliseconds. A bare Debian has Python with pip but
# without ensurepip, other machines the reverse: the first way that works is taken, and nothing outside .venv is changed
# unless root is missing both.
set -euo pipefail
cd "$(dirname "$0")/.."

case "${1:-}" in
  runtime) lock=requirements.lock ;;
  dev) lock=requirements-dev.lock ;;
  *) echo "usage: scripts/venv.sh runtime|dev" >&2; exit 2 ;;
esac
stamp=.venv/$1.stamp
want="$(sha256sum <"$lock") $PWD"
if [ -x .venv/bin/python ] && [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$want" ]; then
  exit 0
fi

fail() { printf '%s\n' "$@" >&2; exit 1; }

recent() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }
find_python() {
  local name
  for name in ${PYTHON:-python3 python3.13 python3.12 python3.11}; do
    if recent "$name"; then echo "$name"; return; fi
  done
  fail "没有找到 Python 3.11 或更新的版本。请安装后重试：apt-get install python3" \
    "No Python 3.11 or newer found. Install one: apt-get install python3   (or name it: make run PYTHON=/path/to/python3)"
}
pip_reaches_into_venvs() { "$1" -m pip --python "$1" --version >/dev/null 2>&1; }  # pip 22.3 and later
has_ensurepip() { "$1" -c 'import ensurepip, venv' 2>/dev/null; }
install_ensurepip() {
  local package; package="$("$1" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')"
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    fail "这台机器的 Python 既没有 pip 也没有 ensurepip。请先执行：sudo apt-get install $package" \
      "This Python has neither pip nor ensurepip. First run: sudo apt-get install $package"
  fi
  echo "apt-get install $package (this Python has neither pip nor ensurepip)"
  { apt-get update -qq && apt-get install -y -qq --no-install-recommends "$package"; } >/dev/null
}

if ! recent .venv/bin/python; then
  python="$(find_python)"
  rm -rf .venv
  if pip_reaches_into_venvs "$python"; then
    "$python" -m venv --without-pip .venv
  else
    has_ensurepip "$python" || install_ensurepip "$python"
    "$python" -m venv .venv
  fi
fi
if .venv/bin/python -m pip --version >/dev/null 2>&1; then
  pip=(.venv/bin/python -m pip)
else
  pip=("${python:-$(find_python)}" -m pip --python .venv/bin/python)
fi

echo "installing $(grep -c == "$lock") packages as locked in $lock into .venv …"
"${pip[@]}" install -qq --no-input --disable-pip-version-check --no-deps --require-hashes -r "$lock"

# The program runs from its source: a path entry and a starter instead of an installed copy.
site="$(.venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')"
echo "$PWD" >"$site/bihuan.pth"
printf '#!/bin/sh\nexec "%s/.venv/bin/python" -m bihuan "$@"\n' "$PWD" >.venv/bin/bihuan
chmod +x .venv/bin/bihuan
echo "$want" >"$stamp"
