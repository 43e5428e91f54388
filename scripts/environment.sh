#!/bin/sh
# Makes the Python environment in .venv, installs a pinned set into it, and leaves a stamp for make.
#
#   scripts/environment.sh base|dev
#
# It works with a Python that lacks ensurepip (Debian ships it apart), as root and as an ordinary user, with an almost
# empty environment. It runs again safely: a run that was cut off is completed by the next one.
set -eu

set_name="$1"
cd "$(dirname "$0")/.."
venv=.venv

say() { printf '%s\n' "$*" >&2; }
stop() { say "$*"; exit 2; }

new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }

find_python() {
    for candidate in "${PYTHON:-python3}" python3.11 python3.12 python3.13 /usr/bin/python3; do
        if command -v "$candidate" >/dev/null 2>&1 && new_enough "$candidate"; then
            command -v "$candidate"
            return
        fi
    done
    stop "Python 3.11 or newer was not found. Install it, or name it: make PYTHON=/path/to/python3"
}

has_pip() { "$venv/bin/python" -m pip --version >/dev/null 2>&1; }

# Four ways to an environment that has pip, the plainest first.
make_venv() {
    python="$(find_python)"
    rm -rf "$venv"
    if "$python" -c 'import ensurepip' >/dev/null 2>&1 && "$python" -m venv "$venv" && has_pip; then return; fi
    rm -rf "$venv"
    if "$python" -m venv --without-pip "$venv" 2>/dev/null && "$python" -m pip --version >/dev/null 2>&1; then
        # The system's pip installs into the bare environment; Debian's own keeps out of the system because of --python.
        if "$python" -m pip --python "$venv/bin/python" install --quiet --disable-pip-version-check \
            --require-hashes --only-binary :all: -r requirements/pip.txt && has_pip; then return; fi
    fi
    rm -rf "$venv"
    if "$python" -m virtualenv --version >/dev/null 2>&1 && "$python" -m virtualenv --quiet "$venv" && has_pip; then
        return
    fi
    rm -rf "$venv"
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
        say "Python has no venv here; installing python3-venv ..."
        apt-get update -qq </dev/null >&2
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3-venv </dev/null >&2
        for candidate in "$python" /usr/bin/python3; do
            rm -rf "$venv"
            if new_enough "$candidate" && "$candidate" -m venv "$venv" && has_pip; then return; fi
        done
    fi
    rm -rf "$venv"
    stop "This Python can make no environment: neither venv with pip, nor virtualenv is there." \
        "As root run 'apt-get install python3-venv', then try again."
}

# Of the many modules only those that Utenza uses are compiled, below, so that the others take no room.
install_set() {
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-input --require-hashes \
        --only-binary :all: --no-compile -r "requirements/$1.txt"
}

if ! [ -x "$venv/bin/python" ] || ! new_enough "$venv/bin/python" || ! has_pip; then
    say "Making the environment in $venv ..."
    make_venv
fi

say "Installing requirements/$set_name.txt ..."
# Once more after a pause: most failures of a download are gone by then.
install_set "$set_name" || { sleep 3; install_set "$set_name"; } ||
    stop "The packages could not be installed, see above. Check the connection and run the same command again."

# Ours is not packaged to be run: one line tells the environment where the sources are, and `utenza` is their command.
site="$("$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')"
printf '%s\n' "$PWD/src" >"$site/utenza.pth"
printf '#!%s\nfrom utenza.cli.main import main\n\nmain()\n' "$PWD/$venv/bin/python" >"$venv/bin/utenza"
chmod 755 "$venv/bin/utenza"

# Compiled now, the modules start in a second ever after, even where Python is told to keep no compiled code.
say "Compiling what Utenza uses ..."
env -u PYTHONDONTWRITEBYTECODE DJANGO_SETTINGS_MODULE=utenza.settings UTENZA_HOME="$venv/none" \
    "$venv/bin/python" -c '
import django
django.setup()
from utenza.infra import discovery
discovery.load_jobs()
import utenza.cli.init, utenza.cli.up, utenza.demo.command, utenza.demo.story, utenza.web.urls
import django.core.management.commands.migrate, django.contrib.staticfiles.management.commands.collectstatic
from django.db.migrations.loader import MigrationLoader
MigrationLoader(None)
' || stop "The modules do not load, see above."
: >"$venv/.stamp-$set_name"
