-- Months in which something was counted. The key of a month goes when the month is over; its desk is that of its numbers.
CREATE TABLE count_months (
    month     TEXT    NOT NULL PRIMARY KEY CHECK (length(month) = 7),
    key       BLOB,
    desk      TEXT,
    delivered INTEGER NOT NULL DEFAULT 0 CHECK (delivered IN (0, 1)),
    CHECK ((key IS NULL) = (desk IS NOT NULL))
) STRICT, WITHOUT ROWID;

-- Numbers of what was done; they name nobody.
CREATE TABLE counts (
    month      TEXT    NOT NULL REFERENCES count_months (month),
    profession TEXT    NOT NULL,
    caller     TEXT    NOT NULL,
    simulated  INTEGER NOT NULL CHECK (simulated IN (0, 1)),
    measure    TEXT    NOT NULL,
    part_of    TEXT    NOT NULL,
    value      TEXT    NOT NULL,
    number     INTEGER NOT NULL CHECK (number > 0),
    PRIMARY KEY (month, profession, caller, simulated, measure, part_of, value)
) STRICT, WITHOUT ROWID;

-- People of a month that is not over, by hashes under its key.
CREATE TABLE count_people (
    month      TEXT    NOT NULL REFERENCES count_months (month),
    profession TEXT    NOT NULL,
    caller     TEXT    NOT NULL,
    simulated  INTEGER NOT NULL CHECK (simulated IN (0, 1)),
    measure    TEXT    NOT NULL CHECK (measure IN ('patients', 'providers')),
    hash       TEXT    NOT NULL CHECK (length(hash) = 64),
    age        TEXT,
    gender     TEXT,
    province   TEXT,
    PRIMARY KEY (month, profession, caller, simulated, measure, hash)
) STRICT, WITHOUT ROWID;

-- Their numbers, as they stand in counts once the month is over.
CREATE VIEW counts_of_people AS
    SELECT month, profession, caller, simulated, measure, '' AS part_of, '' AS value, count(*) AS number
        FROM count_people GROUP BY month, profession, caller, simulated, measure
    UNION ALL
    SELECT month, profession, caller, simulated, 'age', measure, coalesce(age, 'unknown'), count(*)
        FROM count_people WHERE measure = 'patients'
        GROUP BY month, profession, caller, simulated, measure, coalesce(age, 'unknown')
    UNION ALL
    SELECT month, profession, caller, simulated, 'gender', measure, coalesce(gender, 'unknown'), count(*)
        FROM count_people WHERE measure = 'patients'
        GROUP BY month, profession, caller, simulated, measure, coalesce(gender, 'unknown')
    UNION ALL
    SELECT month, profession, caller, simulated, 'province', measure, coalesce(province, 'unknown'), count(*)
        FROM count_people WHERE measure = 'patients'
        GROUP BY month, profession, caller, simulated, measure, coalesce(province, 'unknown');
