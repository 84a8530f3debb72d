#!/usr/bin/env bash
# Fetches the browser assets we did not write from the npm registry and puts them, with their licences, where they are
# served from. The result is committed: neither installing nor running Bihuan needs npm. Re-run after changing a version
# here or the list of icons in bihuan/kernel/ui/icons.txt; `git diff` then shows what changed.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
ui=$root/bihuan/kernel/ui
vendor=$ui/static/ui/vendor
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# fetch NAME VERSION SHA512: unpacks the package to $work/NAME, or stops if its content is not the one reviewed
fetch() {
  local tarball
  tarball=$(cd "$work" && npm pack "$1@$2" --silent 2>/dev/null | tail -1)
  local found
  found=$(openssl dgst -sha512 -binary "$work/$tarball" | base64 -w0)
  [ "$found" = "$3" ] || { echo "$1@$2: sha512 is $found, expected $3" >&2; exit 1; }
  mkdir -p "$work/$1" && tar -xzf "$work/$tarball" -C "$work/$1" --strip-components=1
}

fetch htmx.org 2.0.11 'Thx/WtpeOQqSrqBCw/A1cwGJGg4UrVa3+sW0GmrM3p4gJgO89ecH4qtbnyzDDWFvBTqjnIMCgELTNt636dtamA=='
fetch signature_pad 5.1.4 'q0wO5a+U+AWPVcVmiNXz7FY4Ad1QiE8wto/3Yn41WVqepoVVYMvkb1CTokaWPUUAHWDLLabH3/acODeWM9jCrg=='
fetch @tabler/icons 3.51.0 '0pinvPZz7YeX+OSfxuEAbnEPWbocVXW5iU8h5lh41pYG8sZuQfpWECC980lxOT0clGIcNGn8xsBr+zKaRGdA/g=='

mkdir -p "$vendor"
cp "$work/htmx.org/dist/htmx.min.js" "$vendor/htmx.min.js"
cp "$work/htmx.org/LICENSE" "$vendor/htmx.LICENSE"
sed '/^\/\/# sourceMappingURL/d' "$work/signature_pad/dist/signature_pad.min.js" > "$vendor/signature_pad.min.js"
cp "$work/signature_pad/LICENSE" "$vendor/signature_pad.LICENSE"
cp "$work/@tabler/icons/LICENSE" "$vendor/tabler-icons.LICENSE"

# One sprite: <symbol id=name> per line of icons.txt, drawn in the colour of the text around it.
{
  echo '<svg xmlns="http://www.w3.org/2000/svg"><!-- Tabler Icons, MIT: vendor/tabler-icons.LICENSE -->'
  grep -v '^#' "$ui/icons.txt" | while read -r source name; do
    drawing=$(tr -d '\n' < "$work/@tabler/icons/icons/outline/$source.svg" | sed -E 's/<!--.*-->//; s/^[^>]*<svg[^>]*>//; s/<\/svg>.*$//; s/ +/ /g; s/> </></g; s/<path stroke="none"[^>]*>//; s/ \/>/\/>/g; s/^ //')
    echo "<symbol id=\"${name:-$source}\" viewBox=\"0 0 24 24\" fill=\"none\" stroke=\"currentColor\" stroke-width=\"1.75\" stroke-linecap=\"round\" stroke-linejoin=\"round\">$drawing</symbol>"
  done
  echo '</svg>'
} > "$ui/static/ui/icons.svg"

echo "assets written to $ui/static/ui"
