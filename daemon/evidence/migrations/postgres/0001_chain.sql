-- The tables of the SQLite store, for the chains of many desks, which may add and read, and nothing else.

-- The group of the desks: each desk's own role is a member. An administrator may have made it before.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'beidd_desk') THEN
        CREATE ROLE beidd_desk NOLOGIN;
    END IF;
EXCEPTION
    -- Roles belong to the whole server: another database of it may be prepared at the same time.
    WHEN duplicate_object OR unique_violation THEN NULL;
END $$;

CREATE TABLE chains (
    desk    text NOT NULL PRIMARY KEY CHECK (desk ~ '^[0-9a-f]{32}$'),
    genesis text NOT NULL,
    writer  text NOT NULL DEFAULT current_user
);

CREATE TABLE records (
    desk     text   NOT NULL REFERENCES chains (desk),
    position bigint NOT NULL CHECK (position > 0),
    id       text   NOT NULL UNIQUE CHECK (length(id) = 32),
    kind     text   NOT NULL,
    time     text   NOT NULL COLLATE "C",
    header   text   NOT NULL,
    hash     text   NOT NULL CHECK (length(hash) = 64),
    writer   text   NOT NULL DEFAULT current_user,
    PRIMARY KEY (desk, position)
);

CREATE INDEX records_by_time ON records (time);

CREATE TABLE contents (
    desk     text   NOT NULL,
    position bigint NOT NULL,
    sealing  text   NOT NULL CHECK (sealing IN ('none', 'desk', 'institution')),
    content  bytea  NOT NULL,
    writer   text   NOT NULL DEFAULT current_user,
    PRIMARY KEY (desk, position),
    FOREIGN KEY (desk, position) REFERENCES records (desk, position)
);

CREATE TABLE entries (
    desk      text   NOT NULL,
    position  bigint NOT NULL,
    owner     text   NOT NULL,
    card      text,
    reference text,
    writer    text   NOT NULL DEFAULT current_user,
    PRIMARY KEY (desk, position),
    FOREIGN KEY (desk, position) REFERENCES records (desk, position)
);

CREATE TABLE subjects (
    desk     text   NOT NULL,
    position bigint NOT NULL,
    subject  text   NOT NULL,
    writer   text   NOT NULL DEFAULT current_user,
    PRIMARY KEY (desk, position, subject),
    FOREIGN KEY (desk, position) REFERENCES records (desk, position)
);

CREATE INDEX subjects_by_hash ON subjects (subject);

CREATE TABLE heads (
    desk      text   NOT NULL,
    position  bigint NOT NULL,
    head      text   NOT NULL,
    signature text   NOT NULL,
    writer    text   NOT NULL DEFAULT current_user,
    PRIMARY KEY (desk, position),
    FOREIGN KEY (desk, position) REFERENCES records (desk, position)
);

-- A record continues its chain: its hash is right, it names the hash before it, and the same role wrote that one. The
-- owner's rights are needed to see the record before, whoever wrote it.
CREATE FUNCTION records_continue() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    before_it record;
BEGIN
    IF NEW.position = 1 THEN
        SELECT encode(sha256(convert_to(genesis, 'UTF8')), 'hex') AS hash, writer
            INTO before_it FROM public.chains WHERE desk = NEW.desk;
    ELSE
        SELECT hash, writer INTO before_it FROM public.records
            WHERE desk = NEW.desk AND position = NEW.position - 1;
    END IF;
    IF before_it.hash IS DISTINCT FROM (NEW.header::jsonb ->> 'previous')
        OR before_it.writer IS DISTINCT FROM NEW.writer
        OR NEW.hash IS DISTINCT FROM encode(sha256(convert_to(NEW.header, 'UTF8')), 'hex') THEN
        RAISE EXCEPTION 'record % of desk % does not continue its chain', NEW.position, NEW.desk
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER records_continue BEFORE INSERT ON records FOR EACH ROW EXECUTE FUNCTION records_continue();

-- What a desk adds beside a record is beside its own.
CREATE FUNCTION rows_belong() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM public.records
        WHERE desk = NEW.desk AND position = NEW.position AND writer = NEW.writer) THEN
        RAISE EXCEPTION 'record % of desk % is of another role, or absent', NEW.position, NEW.desk
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER contents_belong BEFORE INSERT ON contents FOR EACH ROW EXECUTE FUNCTION rows_belong();
CREATE TRIGGER entries_belong BEFORE INSERT ON entries FOR EACH ROW EXECUTE FUNCTION rows_belong();
CREATE TRIGGER subjects_belong BEFORE INSERT ON subjects FOR EACH ROW EXECUTE FUNCTION rows_belong();
CREATE TRIGGER heads_belong BEFORE INSERT ON heads FOR EACH ROW EXECUTE FUNCTION rows_belong();

-- Also for the owner, whom no grant holds back.
CREATE FUNCTION evidence_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'evidence is neither changed nor removed' USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE TRIGGER chains_stay BEFORE UPDATE OR DELETE ON chains FOR EACH ROW EXECUTE FUNCTION evidence_stays();
CREATE TRIGGER records_stay BEFORE UPDATE OR DELETE ON records FOR EACH ROW EXECUTE FUNCTION evidence_stays();
CREATE TRIGGER contents_stay BEFORE UPDATE ON contents FOR EACH ROW EXECUTE FUNCTION evidence_stays();
CREATE TRIGGER heads_stay BEFORE UPDATE OR DELETE ON heads FOR EACH ROW EXECUTE FUNCTION evidence_stays();

-- Columns are named, so that no desk can say that another one wrote a row.
REVOKE ALL ON chains, records, contents, entries, subjects, heads FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO beidd_desk;
GRANT SELECT ON chains, records, contents, entries, subjects, heads, _sqlx_migrations TO beidd_desk;
GRANT INSERT (desk, genesis) ON chains TO beidd_desk;
GRANT INSERT (desk, position, id, kind, time, header, hash) ON records TO beidd_desk;
GRANT INSERT (desk, position, sealing, content) ON contents TO beidd_desk;
GRANT INSERT (desk, position, owner, card, reference) ON entries TO beidd_desk;
GRANT INSERT (desk, position, subject) ON subjects TO beidd_desk;
GRANT INSERT (desk, position, head, signature) ON heads TO beidd_desk;

-- Each role sees and adds its own rows alone.
ALTER TABLE chains ENABLE ROW LEVEL SECURITY;
ALTER TABLE records ENABLE ROW LEVEL SECURITY;
ALTER TABLE contents ENABLE ROW LEVEL SECURITY;
ALTER TABLE entries ENABLE ROW LEVEL SECURITY;
ALTER TABLE subjects ENABLE ROW LEVEL SECURITY;
ALTER TABLE heads ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON chains TO beidd_desk USING (writer = current_user) WITH CHECK (writer = current_user);
CREATE POLICY own ON records TO beidd_desk USING (writer = current_user) WITH CHECK (writer = current_user);
CREATE POLICY own ON contents TO beidd_desk USING (writer = current_user) WITH CHECK (writer = current_user);
CREATE POLICY own ON entries TO beidd_desk USING (writer = current_user) WITH CHECK (writer = current_user);
CREATE POLICY own ON subjects TO beidd_desk USING (writer = current_user) WITH CHECK (writer = current_user);
CREATE POLICY own ON heads TO beidd_desk USING (writer = current_user) WITH CHECK (writer = current_user);
