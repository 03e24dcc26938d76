#!/usr/bin/env bash
# Writes .env for docker-compose: random secrets, the user that owns mlartifacts,
# and for production which compose files make it up. Changes no secret that is
# there already, so it can be run again, for example to add what production needs.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

usage() {
  cat <<'TEXT'
Usage: ./setup.sh [--public-host NAME] [--certificate FILE --key FILE | --self-signed] [--help]

Writes .env (readable by you alone) with random secrets; keeps what it has.
Then: docker-compose up -d

  --public-host NAME   production: TLS, logins, limits. NAME is the server's name in
                       browsers, for instance mlflow.example.com. From then on every
                       docker-compose command here includes docker-compose.prod.yml
  --certificate FILE   the certificate with its chain (PEM), copied to tls/server.crt,
  --key FILE           and its key, to tls/server.key, readable for the proxy
  --self-signed        make both instead, to try it out; clients must be told to trust it
TEXT
}

fail() {
  printf 'setup.sh: %s\n' "$1" >&2
  exit "${2:-1}"
}

public_host='' certificate='' key='' self_signed=no
while [ "$#" -gt 0 ]; do
  case "$1" in
    --public-host | --certificate | --key)
      [ -n "${2:-}" ] || fail "$1 needs a value" 64
      name="${1#--}"
      printf -v "${name//-/_}" '%s' "$2"
      shift 2
      ;;
    --self-signed) self_signed=yes && shift ;;
    -h | --help) usage && exit 0 ;;
    *) usage >&2 && exit 64 ;;
  esac
done
label='[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?'
if [ -n "$public_host" ] && [[ ! "$public_host" =~ ^$label(\.$label)*$ ]]; then
  fail "--public-host $public_host: give a host's name alone, without https:// and port" 64
fi
if [ "$self_signed" = yes ] && [ -z "$public_host" ]; then
  fail '--self-signed needs --public-host: the certificate is for a name' 64
fi
if [ -n "$certificate$key" ]; then
  [ "$self_signed" = no ] || fail 'give --certificate and --key, or --self-signed' 64
  [ -n "$certificate" ] && [ -n "$key" ] || fail '--certificate and --key belong together' 64
  [ -r "$certificate" ] || fail "cannot read $certificate; as its owner, or with sudo, it works" 66
  [ -r "$key" ] || fail "cannot read $key; as its owner, or with sudo, it works" 66
  if command -v openssl >/dev/null; then
    of_certificate="$(openssl x509 -in "$certificate" -noout -pubkey 2>/dev/null)" || fail "$certificate is no certificate in PEM form" 65
    of_key="$(openssl pkey -in "$key" -pubout 2>/dev/null </dev/null)" || fail "$key is no key in PEM form, or has a passphrase, which nobody could type in for the proxy" 65
    [ "$of_certificate" = "$of_key" ] || fail "$key is not the key of $certificate" 65
  fi
fi

umask 077
touch .env
chmod 600 .env
if grep -q $'\r' .env; then
  fail ".env has the line ends of Windows, which would become part of every value; mend it with: sed -i 's/\\r\$//' .env" 65
fi
# What is added begins on a line of its own.
[ -z "$(tail -c 1 .env)" ] || printf '\n' >>.env

# value NAME: what .env sets it to; empty where it does not.
value() { sed -n "s/^$1=//p" .env | tail -n 1 | sed "s/^\(['\"]\)\(.*\)\1\$/\2/"; }

# put NAME VALUE: adds it unless it is there.
put() {
  [ -z "$(value "$1")" ] || return 0
  printf '%s=%s\n' "$1" "$2" >>.env
  printf 'added %s\n' "$1"
}

# replace NAME VALUE: sets it, whatever it was.
replace() {
  local old
  old="$(value "$1")"
  [ "$old" != "$2" ] || return 0
  [ -z "$old" ] || printf '%s: %s in place of %s\n' "$1" "$2" "$old"
  sed -i "/^$1=/d" .env
  printf '%s=%s\n' "$1" "$2" >>.env
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
  chown -R "$(value MLFLOW_UID):$(value MLFLOW_GID)" mlartifacts
fi
chmod 750 mlartifacts
# Mounted into containers that run as other users, which a clone under umask 077 would keep out.
chmod a+r proxy/* replication/pg_hba.conf || fail 'the files that containers mount belong to somebody else; run setup.sh as their owner' 77
chmod a+rx proxy replication replication/*.sh

if [ -n "$public_host" ]; then
  replace MLFLOW_PUBLIC_HOST "$public_host"
  put MLFLOW_AUTH_ADMIN_PASSWORD "$(secret)"
  put MLFLOW_FLASK_SERVER_SECRET_KEY "$(secret)"
  # Without the second file nobody would have to log in: no command may leave it out by accident.
  files="$(value COMPOSE_FILE)"
  case ":$files:" in
    *:docker-compose.prod.yml:*) ;;
    *) replace COMPOSE_FILE "${files:-docker-compose.yml}:docker-compose.prod.yml" ;;
  esac
  mkdir -p tls
fi
if [ -n "$certificate" ]; then
  mkdir -p tls
  # A new file each: the old one may be open, and may be a link.
  cp --dereference --remove-destination "$certificate" tls/server.crt
  cp --dereference --remove-destination "$key" tls/server.key
  printf 'the certificate is in tls/; a proxy that runs takes it in with: docker-compose kill -s HUP proxy\n'
elif [ "$self_signed" = yes ] && [ ! -e tls/server.crt ]; then
  command -v openssl >/dev/null || fail '--self-signed needs openssl; install it, or bring a certificate' 69
  openssl req -x509 -newkey rsa:2048 -nodes -days 90 -subj "/CN=$public_host" \
    -addext "subjectAltName=DNS:$public_host" \
    -keyout tls/server.key -out tls/server.crt 2>/dev/null
  printf 'made tls/server.crt for %s, valid for 90 days\n' "$public_host"
elif [ "$self_signed" = yes ] && command -v openssl >/dev/null &&
  openssl x509 -in tls/server.crt -noout -checkhost "$public_host" 2>/dev/null | grep -q 'does NOT'; then
  fail "tls/server.crt is not for $public_host; delete tls/ and run this again for a new one" 65
fi
# The proxy runs in the group of whoever owns mlartifacts and has to read the key.
if [ -d tls ]; then
  chgrp -R "$(value MLFLOW_GID)" tls || fail "cannot give tls/ to the group MLFLOW_GID ($(value MLFLOW_GID)), in which the proxy runs; run this with sudo" 77
  chmod -R u=rwX,g=rX,o= tls
fi
if [ -n "$(value MLFLOW_PUBLIC_HOST)" ] && [ ! -s tls/server.key ]; then
  printf '.env is ready; the certificate is missing: ./setup.sh --certificate FILE --key FILE\n'
else
  printf '.env is ready; next: docker-compose up -d\n'
fi
