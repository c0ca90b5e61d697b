#!/bin/bash
# Counts the requests in web server logs. Needs bash, the core utilities, and python3 to read the parameters.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

# parameter NAME DEFAULT: the value that was chosen in the form; the default when run by hand. A list has a line for
# each item, a Dataset is its folder, a switch is true or false.
parameter() {
    [ -n "${CORETEX_PARAMETERS:-}" ] || { printf '%s\n' "$2"; return; }
    python3 - "$CORETEX_PARAMETERS" "$1" "$2" <<'PYTHON'
import json, sys

path, name, default = sys.argv[1:]
with open(path, encoding="utf-8") as file:
    value = json.load(file).get(name)
if value is None:
    print(default)
elif isinstance(value, dict):
    print(value["path"])
elif isinstance(value, list):
    print(*value, sep="\n")
else:
    print(str(value).lower() if isinstance(value, bool) else value)
PYTHON
}

# report METRIC X Y: a point of a metric, which becomes a chart on the Run's page.
report() {
    [ -z "${CORETEX_METRICS:-}" ] ||
        printf '{"metric": "%s", "x": %s, "y": %s}\n' "$1" "$2" "$3" >>"$CORETEX_METRICS"
}

# table FILE COLUMN: counts equal lines of the input, and writes the most frequent ones to FILE.
table() {
    sort | uniq -c | sort -k1,1nr -k2 | {
        printf 'requests,%s\n' "$2"
        while read -r count what; do printf '%s,"%s"\n' "$count" "${what//\"/\"\"}"; done
    } >"$1"
}

folder=$(parameter log "$here/data")
statuses=$(parameter statuses "")
method=$(parameter method any)
top=$(parameter top 10)
drop_query=$(parameter dropQuery true)
title=$(parameter title Visits)

shopt -s nullglob globstar
files=("$folder"/**/*.log)
if [ ${#files[@]} -eq 0 ]; then
    echo "There are no files that end in .log in $folder." >&2
    exit 1
fi

# 192.0.2.7 - - [03/Mar/2025:10:15:32 +0000] "GET /page?a=1 HTTP/1.1" 200 5120
request='^([^ ]+) [^ ]+ [^ ]+ \[[^:]+:([0-9]{2}):[^]]*\] "([A-Z]+) ([^ "]+)[^"]*" ([0-9]{3}) '
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
lines=0 skipped=0
for file in "${files[@]}"; do
    echo "Reading ${file##*/}"
    while IFS= read -r line || [ -n "$line" ]; do
        lines=$((lines + 1))
        if ! [[ $line =~ $request ]]; then
            skipped=$((skipped + 1))
            continue
        fi
        visitor=${BASH_REMATCH[1]} hour=${BASH_REMATCH[2]} asked=${BASH_REMATCH[3]}
        page=${BASH_REMATCH[4]} status=${BASH_REMATCH[5]}
        if [ "$method" != any ] && [ "$method" != "$asked" ]; then continue; fi
        if [ -n "$statuses" ] && [[ $'\n'$statuses$'\n' != *$'\n'$status$'\n'* ]]; then continue; fi
        if [ "$drop_query" = true ]; then page=${page%%\?*}; fi
        printf '%s\n' "$page" >&3
        printf '%s\n' "$visitor" >&4
        printf '%s\n' "$hour" >&5
        printf '%s\n' "$status" >&6
    done <"$file"
done 3>"$work/page" 4>"$work/visitor" 5>"$work/hour" 6>"$work/status"

counted=$(wc -l <"$work/page")
echo "$lines lines, $skipped of them not in the common log format, $counted counted"
for column in page visitor hour status; do
    table "by_$column.csv" "$column" <"$work/$column"
done
sort "$work/hour" | uniq -c | while read -r count hour; do
    report "requests by hour" "$((10#$hour))" "$count"
done
report requests "${#files[@]}" "$counted"

{
    printf '# %s\n\n%s requests of %s visitors.\n' "$title" "$counted" "$(($(wc -l <by_visitor.csv) - 1))"
    for column in page visitor status; do
        printf '\n| requests | %s |\n| ---: | --- |\n' "$column"
        head -n "$((top + 1))" "by_$column.csv" | tail -n +2 | while IFS=, read -r count what; do
            what=${what#\"}
            printf '| %s | `%s` |\n' "$count" "${what%\"}"
        done
    done
} >report.md
cat report.md
