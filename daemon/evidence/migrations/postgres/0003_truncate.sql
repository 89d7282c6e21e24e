-- A table that is emptied at once asks no trigger of its rows.
CREATE TRIGGER chains_remain BEFORE TRUNCATE ON chains EXECUTE FUNCTION evidence_stays();
CREATE TRIGGER records_remain BEFORE TRUNCATE ON records EXECUTE FUNCTION evidence_stays();
CREATE TRIGGER heads_remain BEFORE TRUNCATE ON heads EXECUTE FUNCTION evidence_stays();
CREATE TRIGGER counts_remain BEFORE TRUNCATE ON counts EXECUTE FUNCTION evidence_stays();
