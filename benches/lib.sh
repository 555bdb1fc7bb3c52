# What the scripts of this directory share; sourced, not run.
# It knows nothing of what is measured.

benches=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(dirname "$benches")
target=${CARGO_TARGET_DIR:-$root/target}
work=${BENCH_DIR:-$(mktemp -d "${TMPDIR:-/tmp}/svcgen-bench.XXXXXX")}
mkdir -p "$work"
children=()

say() { printf '%s %s\n' "$(date +%T)" "$*" >&2; }
fail() { say "$*"; exit 1; }

# Ends what this script started, by its id, and nothing else.
finish() {
  local status=$?
  for child in "${children[@]}"; do kill "$child" 2>/dev/null || true; done
  [[ -z ${pg_data:-} ]] || as_postgres "$pg_bin/pg_ctl" -D "$pg_data" -m immediate stop >/dev/null 2>&1 || true
  if [[ -z ${BENCH_DIR:-} ]]; then rm -rf "$work"; else say "kept: $work"; fi
  exit "$status"
}
trap finish EXIT

need() { # COMMAND PACKAGE
  command -v "$1" >/dev/null && return
  say "installing the Debian package $2"
  DEBIAN_FRONTEND=noninteractive apt-get install -qq -y "$2" >/dev/null || fail "$2 cannot be installed"
}

free_port() {
  local port
  for port in $(shuf -i 20000-32000 -n 50); do
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { echo "$port"; return; }
  done
  fail "no port is free"
}

# initdb refuses to run as root.
as_postgres() {
  if [[ $EUID -eq 0 ]]; then (cd / && runuser -u postgres -- "$@"); else "$@"; fi
}

# A server of our own, set as in DESIGN: durable files, no wait for the commit's flush, no JIT.
start_postgres() {
  [[ -n $(compgen -G '/usr/lib/postgresql/*/bin/initdb') ]] || need /usr/lib/postgresql/15/bin/initdb postgresql
  pg_bin=$(dirname "$(compgen -G '/usr/lib/postgresql/*/bin/initdb' | sort -V | tail -1)")
  pg_data=$work/postgres
  pg_port=$(free_port)
  rm -rf "$pg_data"
  mkdir -p "$pg_data"
  if [[ $EUID -eq 0 ]]; then chmod 755 "$work"; chown postgres "$pg_data"; fi
  as_postgres "$pg_bin/initdb" -D "$pg_data" -U bench --auth=trust -E UTF8 --locale=C >/dev/null
  as_postgres "$pg_bin/pg_ctl" -D "$pg_data" -w -l "$pg_data/log" -o "-c listen_addresses=127.0.0.1 -c port=$pg_port \
    -c unix_socket_directories= -c fsync=on -c synchronous_commit=off -c shared_buffers=512MB -c jit=off -c max_wal_size=4GB" start >/dev/null
  pg_pid=$(head -1 "$pg_data/postmaster.pid")
  say "PostgreSQL listens on port $pg_port"
}

pg() { "$pg_bin/psql" -X -q -v ON_ERROR_STOP=1 -h 127.0.0.1 -p "$pg_port" -U bench "$@"; }

# CPU seconds that a process has used, in hundredths.
cpu_of() { awk '{ sub(/.*\) /, ""); print $12 + $13 }' "/proc/$1/stat" 2>/dev/null || echo 0; }

# The same of PostgreSQL and all its backends, those that ended included.
cpu_of_postgres() {
  local sum=0 pid
  for pid in $(pgrep -P "$pg_pid"); do sum=$((sum + $(cpu_of "$pid"))); done
  echo "$sum"
}

# MB of a line of /proc/PID/status or smaps_rollup.
mb_of() { awk -v name="$3:" '$1 == name { printf "%.1f", $2 / 1024 }' "/proc/$1/$2" 2>/dev/null; }

machine() {
  local cpu
  cpu=$(awk -F': ' '/model name/ { print $2; exit }' /proc/cpuinfo)
  echo "$(nproc) cores (${cpu:-unknown}), $(awk '/MemTotal/ { printf "%.0f", $2 / 1048576 }' /proc/meminfo) GiB, $(date +%F), load at the start $(cut -d' ' -f1 /proc/loadavg)"
}
