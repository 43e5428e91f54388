"""FreeRADIUS with rlm_sql: logins, speed profiles, live sessions."""
