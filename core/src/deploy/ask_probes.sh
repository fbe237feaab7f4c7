#!/bin/sh
# Asks HTTP and TCP probes once, all at the same time.
# Arguments, one for each probe: `number TAB url TAB resolve TAB timeout TAB wanted`; resolve is `-` or curl's
# host:port:address, wanted is `body` where the answer itself counts.
# Standard output: lines `number TAB seconds to connect TAB HTTP status TAB base64 of the answer's first 64 KiB, if wanted`.
set -u
tab=$(printf '\t')
end='
'

ask() {
    body=-
    [ "$5" = body ] || body=/dev/null
    # The answer's last two lines are curl's own.
    answer=$(curl -q --silent --noproxy '*' --max-time "$4" --output "$body" --write-out '\n%{http_code}\n%{time_connect}' ${3:+--resolve "$3"} --url "$2" </dev/null)
    took=${answer##*"$end"}
    answer=${answer%"$end"*}
    code=${answer##*"$end"}
    body=${answer%"$end"*}
    [ -z "$body" ] || body=$(printf '%s' "$body" | head -c 65536 | base64 | tr -d '\n')
    printf '%s%s%s%s%s%s%s\n' "$1" "$tab" "$took" "$tab" "$code" "$tab" "$body"
}

for question; do
    IFS=$tab read -r number url resolve timeout wanted <<EOF
$question
EOF
    [ "$resolve" = - ] && resolve=
    ask "$number" "$url" "$resolve" "$timeout" "$wanted" &
done
wait
