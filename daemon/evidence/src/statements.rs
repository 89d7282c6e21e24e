//! Every statement, once, as both databases understand it. A test prepares each on both.

/// Databases that have a statement's tables.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Databases {
    /// Both.
    Both,
    /// The embedded one alone.
    Embedded,
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
    /// Contents whose time is over.
    OVERDUE, Both = "SELECT r.desk, r.position FROM records r JOIN contents c ON c.desk = r.desk AND c.position = r.position WHERE r.kind = $1 AND r.time < $2 ORDER BY r.desk, r.position LIMIT $3";
    /// Contents about one patient, with kinds and times of their records.
    ABOUT, Both = "SELECT c.desk, c.position, r.kind, r.time FROM contents c JOIN subjects s ON s.desk = c.desk AND s.position = c.position JOIN records r ON r.desk = c.desk AND r.position = c.position WHERE s.subject = $1 ORDER BY c.desk, c.position";
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
    /// Version of the library.
    LIBRARY, Embedded = "SELECT sqlite_version()";
}
