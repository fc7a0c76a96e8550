#!/bin/sh
# Prints truth and result of the demo side by side.
set -eu
# Numbers have a point, whatever the user's language.
export LC_ALL=C
cd "$(dirname "$0")/.."

# The first number behind a key in a JSON file.
number() {
    tr ',{}' '\n\n\n' <"$1" | sed -n "s/^ *\"$2\": *\(-\{0,1\}[0-9.]*\).*/\1/p" | head -n 1
}

truth=$(number media/truth.json timeline_delay_ms)
found=$(tr -d '\n' <out/reference.report.json | sed 's/.*"raw_source_delays_ms": *{\([^}]*\)}.*/\1/' | tr ',' '\n' |
    sed -n 's/.*"Source 2": *\(-\{0,1\}[0-9.]*\).*/\1/p')
printf '\n  %-28s %12.3f ms\n' 'true delay of the sample' "$truth"
printf '  %-28s %12.3f ms\n' 'measured delay' "$found"
printf '  %-28s %12.3f ms\n' 'difference' "$(awk "BEGIN { print $found - $truth }")"
printf '\nOpen out/reference.report.html for the picture, and play out/reference.mkv: the second audio track is the dub.\n'
