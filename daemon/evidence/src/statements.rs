//! Every statement, once, as both databases understand it. A test prepares each on both.

/// Databases that have a statement's tables.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Databases {
    /// Both.
    Both,
    /// The embedded one alone.
    Embedded,
    /// The server alone.
    Server,
}

macro_rules! statements {
    ($($(#[doc = $means:literal])+ $name:ident, $databases:ident = $sql:literal;)*) => {
        $($(#[doc = $means])+ pub(crate) const $name: &str = $sql;)*

        /// Every statement with its name.
        pub const STATEMENTS: &[(&str, Databases, &str)] = &[$((stringify!($name), Databases::$databases, $sql),)*];
    };
}

statements! {
    /// Geneses of all chains, in an order that stays.
    CHAINS, Both = "SELECT genesis FROM chains ORDER BY desk";
    /// Genesis of one chain.
    GENESIS, Both = "SELECT genesis FROM chains WHERE desk = $1";
    /// Adds a chain.
    ADD_CHAIN, Both = "INSERT INTO chains (desk, genesis) VALUES ($1, $2) ON CONFLICT (desk) DO NOTHING";
    /// End of a chain.
    END, Both = "SELECT position, hash FROM records WHERE desk = $1 ORDER BY position DESC LIMIT 1";
    /// Hash of one record.
    HASH_AT, Both = "SELECT hash FROM records WHERE desk = $1 AND position = $2";
    /// Adds a record.
    ADD_RECORD, Both = "INSERT INTO records (desk, position, id, kind, time, header, hash) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (desk, position) DO NOTHING";
    /// Adds a content.
    ADD_CONTENT, Both = "INSERT INTO contents (desk, position, sealing, content) VALUES ($1, $2, $3, $4)";
    /// Adds what records are found by.
    ADD_ENTRY, Both = "INSERT INTO entries (desk, position, owner, card, reference) VALUES ($1, $2, $3, $4, $5)";
    /// Adds a patient that a record is about.
    ADD_SUBJECT, Both = "INSERT INTO subjects (desk, position, subject) VALUES ($1, $2, $3)";
    /// Adds a signed head.
    ADD_HEAD, Both = "INSERT INTO heads (desk, position, head, signature) VALUES ($1, $2, $3, $4) ON CONFLICT (desk, position) DO NOTHING";
    /// Last signed head.
    LAST_HEAD, Both = "SELECT head, signature FROM heads WHERE desk = $1 ORDER BY position DESC LIMIT 1";
    /// Signed heads of a part of a chain.
    HEADS, Both = "SELECT position, head, signature FROM heads WHERE desk = $1 AND position > $2 AND position <= $3 ORDER BY position";
    /// A part of a chain.
    RECORDS, Both = "SELECT position, id, kind, time, header, hash FROM records WHERE desk = $1 AND position > $2 ORDER BY position LIMIT $3";
    /// Contents of a part of a chain.
    CONTENTS, Both = "SELECT position, sealing, content FROM contents WHERE desk = $1 AND position > $2 AND position <= $3 ORDER BY position";
    /// Keys by which the records of a part of a chain are found.
    ENTRIES, Both = "SELECT position, owner, card, reference FROM entries WHERE desk = $1 AND position > $2 AND position <= $3 ORDER BY position";
    /// Patients that the records of a part of a chain are about.
    SUBJECTS, Both = "SELECT position, subject FROM subjects WHERE desk = $1 AND position > $2 AND position <= $3 ORDER BY position, subject";
    /// One record with its owner.
    BY_ID, Both = "SELECT r.desk, r.position, r.header, e.owner, e.reference FROM records r LEFT JOIN entries e ON e.desk = r.desk AND e.position = r.position WHERE r.id = $1";
    /// Content of one record.
    CONTENT_AT, Both = "SELECT sealing, content FROM contents WHERE desk = $1 AND position = $2";
    /// Records by what is asked for, the latest first. An empty text asks for everything.
    FOUND, Both = "SELECT r.desk, r.position, r.header, e.owner, e.reference FROM records r LEFT JOIN entries e ON e.desk = r.desk AND e.position = r.position WHERE ($1 = '' OR e.owner = $1) AND ($2 = '' OR EXISTS (SELECT 1 FROM subjects s WHERE s.desk = r.desk AND s.position = r.position AND s.subject = $2)) AND ($3 = '' OR r.kind = $3) AND ($4 = '' OR e.reference = $4) AND r.time >= $5 AND r.time < $6 AND (r.time < $7 OR (r.time = $7 AND r.id < $8)) ORDER BY r.time DESC, r.id DESC LIMIT $9";
    /// Records whose time is over, and that still have a content, or keys by which they are found.
    OVERDUE, Both = "SELECT r.desk, r.position FROM records r WHERE r.kind = $1 AND r.time < $2 AND (EXISTS (SELECT 1 FROM contents c WHERE c.desk = r.desk AND c.position = r.position) OR EXISTS (SELECT 1 FROM entries e WHERE e.desk = r.desk AND e.position = r.position)) ORDER BY r.desk, r.position LIMIT $3";
    /// Records about one patient, with their contents or without, with kinds and times, and the number of patients that each is about.
    ABOUT, Both = "SELECT s.desk, s.position, r.kind, r.time, (SELECT count(*) FROM subjects o WHERE o.desk = s.desk AND o.position = s.position) FROM subjects s JOIN records r ON r.desk = s.desk AND r.position = s.position WHERE s.subject = $1 ORDER BY s.desk, s.position";
    /// Drops a content.
    DROP_CONTENT, Both = "DELETE FROM contents WHERE desk = $1 AND position = $2";
    /// Drops what a record is found by.
    DROP_ENTRY, Both = "DELETE FROM entries WHERE desk = $1 AND position = $2";
    /// Drops the patients that a record is about.
    DROP_SUBJECTS, Both = "DELETE FROM subjects WHERE desk = $1 AND position = $2";
    /// Drops contents that the server has.
    DROP_DELIVERED, Embedded = "DELETE FROM contents WHERE desk = $1 AND position <= $2";
    /// Last position of a chain that the server has confirmed.
    DELIVERED, Embedded = "SELECT position FROM deliveries WHERE desk = $1";
    /// Notes how far the server has confirmed a chain.
    SET_DELIVERED, Embedded = "INSERT INTO deliveries (desk, position) VALUES ($1, $2) ON CONFLICT (desk) DO UPDATE SET position = max(position, excluded.position)";
    /// Writes something.
    PROBE, Embedded = "INSERT INTO probes (number, time) VALUES (1, $1) ON CONFLICT (number) DO UPDATE SET time = excluded.time";
    /// Copies the database into a file.
    BACK_UP, Embedded = "VACUUM INTO $1";
    /// Adds a month with its key, unless it is there.
    ADD_MONTH, Embedded = "INSERT INTO count_months (month, key) VALUES ($1, $2) ON CONFLICT (month) DO NOTHING";
    /// Key of a month; none once it is closed.
    MONTH_KEY, Embedded = "SELECT key FROM count_months WHERE month = $1";
    /// Adds to a number.
    ADD_COUNT, Embedded = "INSERT INTO counts (month, profession, caller, simulated, measure, part_of, value, number) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (month, profession, caller, simulated, measure, part_of, value) DO UPDATE SET number = number + excluded.number";
    /// Adds a person of a month; of one who is there, what was not known before.
    ADD_PERSON, Embedded = "INSERT INTO count_people (month, profession, caller, simulated, measure, hash, age, gender, province) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (month, profession, caller, simulated, measure, hash) DO UPDATE SET age = coalesce(age, excluded.age), gender = coalesce(gender, excluded.gender), province = coalesce(province, excluded.province)";
    /// Months with a key that are over.
    OPEN_MONTHS, Embedded = "SELECT month FROM count_months WHERE key IS NOT NULL AND month < $1 ORDER BY month";
    /// Writes down how many people a month had.
    COUNT_PEOPLE, Embedded = "INSERT INTO counts (month, profession, caller, simulated, measure, part_of, value, number) SELECT month, profession, caller, simulated, measure, part_of, value, number FROM counts_of_people WHERE month = $1";
    /// Drops the people of a month.
    DROP_PEOPLE, Embedded = "DELETE FROM count_people WHERE month = $1";
    /// Drops the key of a month, and notes the desk of its numbers.
    CLOSE_MONTH, Embedded = "UPDATE count_months SET key = NULL, desk = $2 WHERE month = $1";
    /// Numbers of some months.
    COUNTS, Embedded = "SELECT month, profession, caller, simulated, measure, part_of, value, number FROM counts WHERE month >= $1 AND month <= $2 UNION ALL SELECT month, profession, caller, simulated, measure, part_of, value, number FROM counts_of_people WHERE month >= $1 AND month <= $2 ORDER BY 1, 2, 3, 4, 5, 6, 7";
    /// Months that are closed, and that the server has not confirmed.
    MONTHS_TO_DELIVER, Embedded = "SELECT month, desk FROM count_months WHERE desk IS NOT NULL AND delivered = 0 ORDER BY month";
    /// Notes that the server has the numbers of a month.
    SET_MONTH_DELIVERED, Embedded = "UPDATE count_months SET delivered = 1 WHERE month = $1";
    /// Adds a number of a month that is over.
    DELIVER_COUNT, Server = "INSERT INTO counts (desk, month, profession, caller, simulated, measure, part_of, value, number) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (desk, month, profession, caller, simulated, measure, part_of, value) DO NOTHING";
    /// Version of the library.
    LIBRARY, Embedded = "SELECT sqlite_version()";
}
