#!/bin/sh
# Starts nginx in the proxy's container. Writes the one thing that its configuration
# cannot take from the environment: where plain HTTP is sent on to.
set -eu
port=":${MLFLOW_PUBLIC_PORT:-443}"
[ "$port" != :443 ] || port=''
# shellcheck disable=SC2016 # nginx's variables, not the shell's.
printf 'return 308 https://$host%s$request_uri;\n' "$port" >/tmp/redirect.conf
exec nginx -g 'daemon off;'
