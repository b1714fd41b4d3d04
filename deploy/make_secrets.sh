#!/bin/sh
# Makes the secret files that docker-compose.yml mounts: sh deploy/make_secrets.sh [FOLDER]
# Needs nothing but a POSIX shell.  What is there already is left as it is.
set -eu

folder=${1:-secrets}

random() { # 256 bits in hexadecimal
  od -An -N32 -tx1 /dev/urandom | tr -d ' \n'
}

keep() { # NAME TEXT
  if [ -e "$folder/$1" ]; then
    echo "$folder/$1 is there already and stays"
  else
    printf '%s\n' "$2" > "$folder/$1"
    # A bind mount keeps the owner of the host: the containers' users are others and have to read
    # it.  What keeps the host's users out is the folder.
    chmod 0444 "$folder/$1"
    echo "$folder/$1 made"
  fi
}

umask 077
mkdir -p "$folder"
chmod 0700 "$folder"
keep postgres_password "$(random)"
keep database_url "postgresql://safety:$(cat "$folder/postgres_password")@postgres:5432/safety"
# Valkey reads its password from a configuration file; on its command line anybody could see it.
keep redis_conf "requirepass $(random)"
keep redis_url "redis://:$(cut -d ' ' -f 2 "$folder/redis_conf")@redis:6379/0"
keep first_api_key "sdk_first_$(random)"
