#!/usr/bin/env bash
# Resolves pyproject.toml into the two hash locks. The development lock takes the runtime lock's versions, so that both fit one .venv.
set -euo pipefail
cd "$(dirname "$0")/.."
export UV_PYTHON_DOWNLOADS=never
if command -v uv >/dev/null; then
  uv=(uv)
else
  [ -x build/uv/bin/uv ] || { python3 -m venv --without-pip build/uv && python3 -m pip --python build/uv/bin/python install --quiet uv; }
  uv=(build/uv/bin/uv)
fi
compile=("${uv[@]}" pip compile --quiet --generate-hashes --python-version 3.11 pyproject.toml "$@")
"${compile[@]}" -o requirements.lock
"${compile[@]}" --group dev --constraint requirements.lock -o requirements-dev.lock
git diff --stat -- requirements.lock requirements-dev.lock
