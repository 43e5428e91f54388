#!/bin/sh
# Installs the network elements and the browser that the lab tests drive; does nothing where they are installed.
set -eu

say() { printf '%s\n' "$*" >&2; }
stop() { say "$*"; exit 2; }

PATH="$PATH:/usr/sbin:/sbin"
missing=""
for program in freeradius radclient chromium; do
    command -v "$program" >/dev/null 2>&1 || missing="$missing $program"
done
postgresql_module="$(find /usr/lib/freeradius -name rlm_sql_postgresql.so 2>/dev/null || true)"
[ -n "$postgresql_module" ] || missing="$missing rlm_sql_postgresql"
if [ -z "$missing" ]; then
    say "The lab is complete."
    exit 0
fi

[ "$(id -u)" = 0 ] || stop "The lab lacks$missing; only root can install it. Run 'sudo make lab'."
command -v apt-get >/dev/null 2>&1 || stop "The lab lacks$missing, and is installed by apt-get, which this system has not."

# A package may start its daemon as it is installed; the lab starts its own, on free ports. Whatever policy was there
# before is put back, also when the installation fails or is interrupted.
policy=/usr/sbin/policy-rc.d
kept="$policy.kept-by-utenza"
restore() {
    rm -f "$policy"
    if [ -e "$kept" ]; then mv "$kept" "$policy"; fi
}
trap restore EXIT
trap 'exit 130' INT TERM
if [ -e "$policy" ] && ! [ -e "$kept" ]; then mv "$policy" "$kept"; fi
printf '#!/bin/sh\nexit 101\n' >"$policy"
chmod 755 "$policy"

say "Installing$missing ..."
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq </dev/null >&2
apt-get install -y -qq --no-install-recommends \
    freeradius freeradius-utils freeradius-postgresql chromium </dev/null >&2
say "The lab is complete."
