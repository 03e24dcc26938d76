#!/usr/bin/env bash
# Writes .env for docker-compose: random secrets, and the user that owns
# mlartifacts. Never touches a value that is there already, so it can be run
# again, for example to add what production needs.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

usage() {
  cat <<'TEXT'
Usage: ./setup.sh [--public-host NAME] [--self-signed] [--help]

Writes .env (readable by you alone) with random secrets; keeps what it has.
Then: docker-compose up -d

  --public-host NAME   also what docker-compose.prod.yml needs; NAME is the
                       server's name in browsers, for instance mlflow.example.com
  --self-signed        also make tls/server.crt and its key, to try it out;
                       clients must be told to trust it
TEXT
}

fail() {
  printf 'setup.sh: %s\n' "$1" >&2
  exit "${2:-1}"
}

public_host=''
self_signed=no
while [ "$#" -gt 0 ]; do
  case "$1" in
    --public-host)
      [ -n "${2:-}" ] || fail '--public-host needs a name' 64
      public_host="$2"
      shift 2
      ;;
    --self-signed) self_signed=yes && shift ;;
    -h | --help) usage && exit 0 ;;
    *) usage >&2 && exit 64 ;;
  esac
done
case "$public_host" in
  *[!A-Za-z0-9.-]*) fail "--public-host $public_host: give the name alone, without https:// and port" 64 ;;
esac
if [ "$self_signed" = yes ] && [ -z "$public_host" ]; then
  fail '--self-signed needs --public-host: the certificate is for a name' 64
fi

umask 077
touch .env
chmod 600 .env

# has NAME: is it set in .env?
has() { grep -q "^$1=." .env; }

# put NAME VALUE: adds it unless it is there.
put() {
  if has "$1"; then
    return 0
  fi
  printf '%s=%s\n' "$1" "$2" >>.env
  printf 'added %s\n' "$1"
}

# 256 bits, in letters that no file format has to escape.
secret() { od -An -N32 -tx1 /dev/urandom | tr -d ' \n'; }

mkdir -p mlartifacts
# Root does not serve: its artifacts belong to the image's own user.
uid="$(id -u)" gid="$(id -g)"
if [ "$uid" -eq 0 ]; then
  uid=65532 gid=65532
fi
put POSTGRES_PASSWORD "$(secret)"
put MLFLOW_UID "$uid"
put MLFLOW_GID "$gid"
if [ "$(id -u)" -eq 0 ]; then
  owner="$(sed -n 's/^MLFLOW_UID=//p' .env):$(sed -n 's/^MLFLOW_GID=//p' .env)"
  chown -R "$owner" mlartifacts
fi
chmod 750 mlartifacts

if [ -n "$public_host" ]; then
  put MLFLOW_PUBLIC_HOST "$public_host"
  put MLFLOW_AUTH_ADMIN_PASSWORD "$(secret)"
  put MLFLOW_FLASK_SERVER_SECRET_KEY "$(secret)"
  mkdir -p tls
fi
if [ "$self_signed" = yes ] && [ ! -e tls/server.crt ]; then
  command -v openssl >/dev/null || fail '--self-signed needs openssl; install it, or bring a certificate' 69
  openssl req -x509 -newkey rsa:2048 -nodes -days 90 -subj "/CN=$public_host" \
    -addext "subjectAltName=DNS:$public_host" \
    -keyout tls/server.key -out tls/server.crt 2>/dev/null
  printf 'made tls/server.crt for %s, valid for 90 days\n' "$public_host"
fi
# The proxy runs as user 101 and has to read the key.
if [ -d tls ]; then
  if [ "$(id -u)" -eq 0 ]; then
    chgrp -R 101 tls
    chmod -R u=rwX,g=rX,o= tls
  else
    printf 'the proxy reads tls/ as user 101; allow it with: sudo chgrp -R 101 tls && chmod -R g+rX tls\n'
  fi
fi
printf '.env is ready; next: docker-compose up -d\n'
