#!/bin/sh
# Asks HTTP and TCP probes once, all at the same time.
# Arguments, one for each probe: `number TAB url TAB resolve TAB timeout`; resolve is `-` or curl's host:port:address.
# Standard output: lines `number TAB curl's exit status TAB HTTP status TAB base64 of the answer's first 64 KiB`.
set -u
tab=$(printf '\t')

ask() {
    answer=$(
        curl --silent --max-time "$4" --write-out '\n%{http_code}' ${3:+--resolve "$3"} --url "$2" </dev/null
        printf '\n%s' "$?"
    )
    exit=$(printf '%s\n' "$answer" | tail -n 1)
    code=$(printf '%s\n' "$answer" | tail -n 2 | head -n 1)
    body=$(printf '%s\n' "$answer" | sed '$d' | sed '$d' | head -c 65536 | base64 | tr -d '\n')
    printf '%s%s%s%s%s%s%s\n' "$1" "$tab" "$exit" "$tab" "$code" "$tab" "$body"
}

for question; do
    IFS=$tab read -r number url resolve timeout <<EOF
$question
EOF
    [ "$resolve" = - ] && resolve=
    ask "$number" "$url" "$resolve" "$timeout" &
done
wait
