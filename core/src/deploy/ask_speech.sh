#!/bin/sh
# Prints those of these addresses that speak plain HTTP/1: they answer a request, and not with "this is no HTTP".
# Arguments: ADDRESS:PORT, as often as needed.
set -u
ask() {
    address=$1
    shift
    curl -q -s -g --noproxy '*' --max-time 2 --head -o /dev/null -w '%{http_code}' "$@" --url "http://$address/" 2>/dev/null
}

for address in "$@"; do
    case $(ask "$address" --http1.1) in '' | 000 | 400) continue ;; esac
    # what is asked by HTTP/2 without TLS must arrive as such
    case $(ask "$address" --http2-prior-knowledge) in '' | 000) printf '%s\n' "$address" ;; esac
done
