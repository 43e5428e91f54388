"""The configuration of the test run's FreeRADIUS, as an operator would write it around our queries."""

from __future__ import annotations

from pathlib import Path
from string import Template
from typing import Any

from utenza.provisioning.connectors.freeradius.schema import queries_path

RADIUSD = Template(
    """
prefix = /usr
name = radiusd
confdir = $folder
run_dir = $folder/run
logdir = $folder/run
libdir = /usr/lib/freeradius
pidfile = $folder/run/radiusd.pid
max_request_time = 10
cleanup_delay = 1
proxy_requests = no
hostname_lookups = no

log {
	destination = stdout
	auth = no
}
security {
	# Without user and group: the daemon stays who started it.
	reject_delay = 0
	status_server = no
	allow_core_dumps = no
	max_attributes = 200
}
client loopback {
	ipaddr = 127.0.0.0/8
	secret = "$secret"
}
thread pool {
	start_servers = 2
	max_servers = 8
	min_spare_servers = 1
	max_spare_servers = 4
	max_requests_per_server = 0
}

modules {
	expr {
	}
	pap {
	}
	chap {
	}
	always reject {
		rcode = reject
	}
	attr_filter attr_filter.access_reject {
		key = "%{User-Name}"
		filename = $folder/access_reject
	}
	sql {
		dialect = "postgresql"
		driver = "rlm_sql_postgresql"
		server = "$host"
		port = $port
		login = "$role"
		password = "$password"
		radius_db = "$database"
		acct_table1 = "radacct"
		acct_table2 = "radacct"
		postauth_table = "radpostauth"
		authcheck_table = "radcheck"
		groupcheck_table = "radgroupcheck"
		authreply_table = "radreply"
		groupreply_table = "radgroupreply"
		usergroup_table = "radusergroup"
		client_table = "nas"
		group_attribute = "SQL-Group"
		read_groups = yes
		read_clients = no
		delete_stale_sessions = no
		postgresql {
			send_application_name = yes
		}
		pool {
			# Start without the database and look for it again every second.
			start = 0
			min = 0
			max = 8
			spare = 4
			uses = 0
			retry_delay = 1
			lifetime = 0
			idle_timeout = 60
		}
		$$INCLUDE $folder/queries.conf
	}
}

server access {
	listen {
		type = auth
		ipaddr = 127.0.0.1
		port = $auth_port
	}
	listen {
		type = acct
		ipaddr = 127.0.0.1
		port = $acct_port
	}
	authorize {
		chap
		sql
		pap
	}
	authenticate {
		Auth-Type PAP {
			pap
		}
		Auth-Type CHAP {
			chap
		}
	}
	post-auth {
		sql
		Post-Auth-Type REJECT {
			sql
			attr_filter.access_reject
		}
	}
	preacct {
		update request {
			&Acct-Unique-Session-Id := "%{md5:%{User-Name},%{Acct-Session-Id},%{NAS-IP-Address}}"
		}
	}
	accounting {
		sql
	}
}
"""
)

# A refused login learns why, and nothing of what it would have been given.
ACCESS_REJECT = """
DEFAULT
	Reply-Message =* ANY,
	Message-Authenticator =* ANY,
	State =* ANY,
	Proxy-State =* ANY
"""


def write(folder: Path, *, queries: Path | None = None, **values: Any) -> None:
    """Write the daemon's whole configuration into `folder`; `queries` is another file than ours, if given."""
    (folder / "run").mkdir(exist_ok=True)
    (folder / "radiusd.conf").write_text(RADIUSD.substitute(folder=folder, **values), encoding="utf-8")
    (folder / "access_reject").write_text(ACCESS_REJECT, encoding="utf-8")
    text = (queries or queries_path()).read_text(encoding="utf-8")
    (folder / "queries.conf").write_text(text, encoding="utf-8")
