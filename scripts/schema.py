"""Keep the tables that all migrations make, ready to be loaded: `make schema`."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path


def main() -> int:
    """Migrate a passing database, dump it and keep the dump."""
    with tempfile.TemporaryDirectory(prefix="utenza-schema-") as folder:
        home = Path(folder) / "home"
        Path(folder).chmod(0o711)  # the system user that runs the server under root passes through
        os.environ.update(UTENZA_HOME=str(home), DJANGO_SETTINGS_MODULE="utenza.settings")
        from utenza.infra.postgres import binaries, tuning
        from utenza.infra.postgres.cluster import Cluster

        cluster = Cluster(home, extra_settings=tuning.FOR_TESTS)
        stored = cluster.start()
        try:
            import django

            django.setup()
            from django.core.management import call_command

            from utenza.infra import schema

            call_command("migrate", verbosity=0, interactive=False)
            address = stored.as_django()
            made = subprocess.run(
                [
                    *(binaries.of_the_wheel().program("pg_dump"), "--no-owner", "--no-privileges"),
                    *("--rows-per-insert", "500", "-h", address["HOST"], "-p", str(address["PORT"])),
                    *("-U", address["USER"], address["NAME"]),
                ],
                env={**os.environ, "PGPASSWORD": address["PASSWORD"]},
                check=True,
                capture_output=True,
                text=True,
            )
            schema.keep(made.stdout)
        finally:
            cluster.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
