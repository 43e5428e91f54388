-- What rlm_sql of FreeRADIUS 3.2 reads and writes, in a schema of its own. Column names are those that Debian's
-- queries.conf uses, so that either its queries or ours serve. May be run again at any time.
--
-- Beside those, nas.coaport says where a device listens for RFC 5176, an index tells which sessions of a user are live,
-- and radacct.changed_by which transaction wrote a session last: by it the usage collector finds every change, whatever
-- the times in it say, whether our queries or others wrote it.

CREATE TABLE IF NOT EXISTS radcheck (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    username  text NOT NULL,
    attribute text NOT NULL,
    op        varchar(2) NOT NULL DEFAULT ':=',
    value     text NOT NULL
);
CREATE INDEX IF NOT EXISTS radcheck_username ON radcheck (username, attribute);

CREATE TABLE IF NOT EXISTS radreply (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    username  text NOT NULL,
    attribute text NOT NULL,
    op        varchar(2) NOT NULL DEFAULT ':=',
    value     text NOT NULL
);
CREATE INDEX IF NOT EXISTS radreply_username ON radreply (username, attribute);

CREATE TABLE IF NOT EXISTS radgroupcheck (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    groupname text NOT NULL,
    attribute text NOT NULL,
    op        varchar(2) NOT NULL DEFAULT ':=',
    value     text NOT NULL
);
CREATE INDEX IF NOT EXISTS radgroupcheck_groupname ON radgroupcheck (groupname, attribute);

CREATE TABLE IF NOT EXISTS radgroupreply (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    groupname text NOT NULL,
    attribute text NOT NULL,
    op        varchar(2) NOT NULL DEFAULT ':=',
    value     text NOT NULL
);
CREATE INDEX IF NOT EXISTS radgroupreply_groupname ON radgroupreply (groupname, attribute);

CREATE TABLE IF NOT EXISTS radusergroup (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    username  text NOT NULL,
    groupname text NOT NULL,
    priority  integer NOT NULL DEFAULT 10
);
CREATE INDEX IF NOT EXISTS radusergroup_username ON radusergroup (username, priority);

CREATE TABLE IF NOT EXISTS radacct (
    radacctid           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    acctsessionid       text NOT NULL,
    acctuniqueid        text NOT NULL UNIQUE,
    username            text,
    realm               text,
    nasipaddress        inet NOT NULL,
    nasportid           text,
    nasporttype         text,
    acctstarttime       timestamptz,
    acctupdatetime      timestamptz,
    acctstoptime        timestamptz,
    acctinterval        bigint,
    acctsessiontime     bigint,
    acctauthentic       text,
    connectinfo_start   text,
    connectinfo_stop    text,
    acctinputoctets     bigint,
    acctoutputoctets    bigint,
    calledstationid     text,
    callingstationid    text,
    acctterminatecause  text,
    servicetype         text,
    framedprotocol      text,
    framedipaddress     inet,
    framedipv6address   inet,
    framedipv6prefix    inet,
    framedinterfaceid   text,
    delegatedipv6prefix inet,
    class               text
);
ALTER TABLE radacct ADD COLUMN IF NOT EXISTS changed_by xid8 NOT NULL DEFAULT pg_current_xact_id();
CREATE OR REPLACE FUNCTION radacct_note_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.changed_by := pg_current_xact_id();
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER radacct_note_change BEFORE INSERT OR UPDATE ON radacct
    FOR EACH ROW EXECUTE FUNCTION radacct_note_change();
CREATE INDEX IF NOT EXISTS radacct_live_user ON radacct (username) WHERE acctstoptime IS NULL;
CREATE INDEX IF NOT EXISTS radacct_live_nas ON radacct (nasipaddress, acctstarttime) WHERE acctstoptime IS NULL;
CREATE INDEX IF NOT EXISTS radacct_changed ON radacct (changed_by, radacctid);

CREATE TABLE IF NOT EXISTS radpostauth (
    id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    username         text NOT NULL,
    pass             text,
    reply            text,
    calledstationid  text,
    callingstationid text,
    authdate         timestamptz NOT NULL DEFAULT now(),
    class            text
);
CREATE INDEX IF NOT EXISTS radpostauth_username ON radpostauth (username, authdate);

CREATE TABLE IF NOT EXISTS nas (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    nasname     text NOT NULL UNIQUE,
    shortname   text NOT NULL,
    type        text NOT NULL DEFAULT 'other',
    ports       integer,
    secret      text NOT NULL,
    server      text,
    community   text,
    description text,
    coaport     integer NOT NULL DEFAULT 3799
);

CREATE TABLE IF NOT EXISTS nasreload (
    nasipaddress inet PRIMARY KEY,
    reloadtime   timestamptz NOT NULL
);
