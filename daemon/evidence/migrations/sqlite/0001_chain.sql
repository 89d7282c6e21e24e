-- The chain of a desk: a genesis, and records that each name the hash of the one before.
CREATE TABLE chains (
    desk    TEXT NOT NULL PRIMARY KEY CHECK (length(desk) = 32),
    genesis TEXT NOT NULL
) STRICT;

-- The text that is hashed, and parts of it for searching.
CREATE TABLE records (
    desk     TEXT    NOT NULL REFERENCES chains (desk),
    position INTEGER NOT NULL CHECK (position > 0),
    id       TEXT    NOT NULL UNIQUE CHECK (length(id) = 32),
    kind     TEXT    NOT NULL,
    time     TEXT    NOT NULL,
    header   TEXT    NOT NULL,
    hash     TEXT    NOT NULL CHECK (length(hash) = 64),
    PRIMARY KEY (desk, position)
) STRICT, WITHOUT ROWID;

CREATE INDEX records_by_time ON records (time);

-- Apart from the records, so that a content can go and the chain stays.
CREATE TABLE contents (
    desk     TEXT    NOT NULL,
    position INTEGER NOT NULL,
    sealing  TEXT    NOT NULL CHECK (sealing IN ('none', 'desk', 'institution')),
    content  BLOB    NOT NULL,
    PRIMARY KEY (desk, position),
    FOREIGN KEY (desk, position) REFERENCES records (desk, position)
) STRICT;

-- By whom a record is, and what it is found by; the card as a keyed hash. It goes with the content.
CREATE TABLE entries (
    desk      TEXT    NOT NULL,
    position  INTEGER NOT NULL,
    owner     TEXT    NOT NULL,
    card      TEXT,
    reference TEXT,
    PRIMARY KEY (desk, position),
    FOREIGN KEY (desk, position) REFERENCES records (desk, position)
) STRICT, WITHOUT ROWID;

-- About whom a record is: several patients, where it is about several links.
CREATE TABLE subjects (
    desk     TEXT    NOT NULL,
    position INTEGER NOT NULL,
    subject  TEXT    NOT NULL,
    PRIMARY KEY (desk, position, subject),
    FOREIGN KEY (desk, position) REFERENCES records (desk, position)
) STRICT, WITHOUT ROWID;

CREATE INDEX subjects_by_hash ON subjects (subject);

-- Signed statements of how long a chain was, and of the hash at its end.
CREATE TABLE heads (
    desk      TEXT    NOT NULL,
    position  INTEGER NOT NULL,
    head      TEXT    NOT NULL,
    signature TEXT    NOT NULL,
    PRIMARY KEY (desk, position),
    FOREIGN KEY (desk, position) REFERENCES records (desk, position)
) STRICT, WITHOUT ROWID;

-- How far the server of the institution has confirmed a chain.
CREATE TABLE deliveries (
    desk     TEXT    NOT NULL PRIMARY KEY REFERENCES chains (desk),
    position INTEGER NOT NULL CHECK (position >= 0)
) STRICT, WITHOUT ROWID;

-- Written before a person is asked for a PIN, to see that the disk takes something.
CREATE TABLE probes (
    number INTEGER NOT NULL PRIMARY KEY CHECK (number = 1),
    time   TEXT    NOT NULL
) STRICT;

CREATE TRIGGER chains_stay   BEFORE UPDATE ON chains  BEGIN SELECT RAISE(ABORT, 'evidence is not changed'); END;
CREATE TRIGGER chains_remain BEFORE DELETE ON chains  BEGIN SELECT RAISE(ABORT, 'evidence is not removed'); END;
CREATE TRIGGER records_stay   BEFORE UPDATE ON records BEGIN SELECT RAISE(ABORT, 'evidence is not changed'); END;
CREATE TRIGGER records_remain BEFORE DELETE ON records BEGIN SELECT RAISE(ABORT, 'evidence is not removed'); END;
CREATE TRIGGER contents_stay BEFORE UPDATE ON contents BEGIN SELECT RAISE(ABORT, 'evidence is not changed'); END;
CREATE TRIGGER heads_stay   BEFORE UPDATE ON heads   BEGIN SELECT RAISE(ABORT, 'evidence is not changed'); END;
CREATE TRIGGER heads_remain BEFORE DELETE ON heads   BEGIN SELECT RAISE(ABORT, 'evidence is not removed'); END;
