-- Numbers of months that are over, of many desks, each of which may add its own, and nothing else.
CREATE TABLE counts (
    desk       text    NOT NULL REFERENCES chains (desk),
    month      text    NOT NULL CHECK (month ~ '^[0-9]{4}-[0-9]{2}$'),
    profession text    NOT NULL,
    caller     text    NOT NULL,
    simulated  boolean NOT NULL,
    measure    text    NOT NULL,
    part_of    text    NOT NULL,
    value      text    NOT NULL,
    number     bigint  NOT NULL CHECK (number > 0),
    writer     text    NOT NULL DEFAULT current_user,
    PRIMARY KEY (desk, month, profession, caller, simulated, measure, part_of, value)
);

CREATE INDEX counts_by_month ON counts (month);

-- A desk adds numbers beside its own chain.
CREATE FUNCTION counts_belong() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM public.chains WHERE desk = NEW.desk AND writer = NEW.writer) THEN
        RAISE EXCEPTION 'desk % is of another role, or absent', NEW.desk USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER counts_belong BEFORE INSERT ON counts FOR EACH ROW EXECUTE FUNCTION counts_belong();
CREATE TRIGGER counts_stay BEFORE UPDATE OR DELETE ON counts FOR EACH ROW EXECUTE FUNCTION evidence_stays();

REVOKE ALL ON counts FROM PUBLIC;
GRANT SELECT ON counts TO beidd_desk;
GRANT INSERT (desk, month, profession, caller, simulated, measure, part_of, value, number) ON counts TO beidd_desk;
ALTER TABLE counts ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON counts TO beidd_desk USING (writer = current_user) WITH CHECK (writer = current_user);

-- Sums over all desks, for the owner. Small numbers are in it: nothing is suppressed here.
CREATE VIEW counts_of_desks AS
    SELECT month, profession, caller, simulated, measure, part_of, value,
           sum(number)::bigint AS number, count(DISTINCT desk) AS desks
        FROM counts GROUP BY month, profession, caller, simulated, measure, part_of, value;
REVOKE ALL ON counts_of_desks FROM PUBLIC;
