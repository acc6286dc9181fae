-- Working time by date and time of day, in place of milliseconds since 0001-01-01: a call costs
-- half of what it did, as PostgreSQL repeats the argument of a function in each place where it is used,
-- and a timestamp is shifted by an interval faster than it is turned into a number.
-- The calendar of a store that existed before is derived once (database/reporting.py).

ALTER TABLE working_calendar
    ALTER COLUMN numbers DROP NOT NULL,
    ADD COLUMN times timestamptz[],
    ADD COLUMN offsets interval[];
COMMENT ON TABLE working_calendar IS
    'Derived from reporting and reporting_holidays, for working_ms(). Periods: start; offset of local time; 1 or, for a holiday, 0; working time at the start. Days of a week: working time before the day, less opens_at of a working day; 1 or, without working time, 0. Numbers are milliseconds but those zeros and ones';
COMMENT ON COLUMN working_calendar.times IS 'Starts of periods; null for other parts';
COMMENT ON COLUMN working_calendar.offsets IS 'What is added to UTC in each period; null for other parts';

DELETE FROM working_calendar;
INSERT INTO working_calendar (part, numbers) VALUES
    ('period_factors', '{1}'),
    ('period_sums', '{0}'),
    ('week_before', '{-32400000, -3600000, 25200000, 54000000, 82800000, 144000000, 144000000}'),
    ('week_works', '{1, 1, 1, 1, 1, 0, 0}'),
    ('week', '{144000000}');
INSERT INTO working_calendar (part, times, offsets) VALUES ('periods', '{0001-01-02 00:00Z}', '{0}');

CREATE FUNCTION reporting_opens_at() RETURNS time
LANGUAGE sql IMMUTABLE PARALLEL SAFE SECURITY DEFINER
RETURN (SELECT r.opens_at FROM reporting AS r);
COMMENT ON FUNCTION reporting_opens_at IS 'When a working day begins, read when a query is planned';

CREATE FUNCTION reporting_closes_at() RETURNS time
LANGUAGE sql IMMUTABLE PARALLEL SAFE SECURITY DEFINER
RETURN (SELECT r.closes_at FROM reporting AS r);
COMMENT ON FUNCTION reporting_closes_at IS 'When a working day ends, read when a query is planned';

CREATE FUNCTION calendar_times() RETURNS timestamptz[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE SECURITY DEFINER
RETURN (SELECT c.times FROM working_calendar AS c WHERE c.part = 'periods');
COMMENT ON FUNCTION calendar_times IS 'Starts of the periods of working_calendar, read when a query is planned';

CREATE FUNCTION calendar_offsets() RETURNS interval[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE SECURITY DEFINER
RETURN (SELECT c.offsets FROM working_calendar AS c WHERE c.part = 'periods');
COMMENT ON FUNCTION calendar_offsets IS
    'Offsets of the periods of working_calendar, read when a query is planned';

CREATE FUNCTION calendar_period(occurred_at timestamptz) RETURNS integer
LANGUAGE sql STABLE PARALLEL SAFE
RETURN pg_catalog.width_bucket(occurred_at, calendar_times());
COMMENT ON FUNCTION calendar_period(timestamptz) IS 'Number of the period of working_calendar at a time';

CREATE FUNCTION week_working_ms(local_time timestamp) RETURNS bigint
LANGUAGE sql STABLE PARALLEL SAFE
RETURN (local_time::date - date '0001-01-01') / 7 * (calendar_part('week'))[1]
    + (calendar_part('week_before'))[(local_time::date - date '0001-01-01') % 7 + 1]
    + (calendar_part('week_works'))[(local_time::date - date '0001-01-01') % 7 + 1] * (
        pg_catalog.date_part(
            'epoch', least(greatest(local_time::time, reporting_opens_at()), reporting_closes_at())
        ) * 1000
    )::bigint;
COMMENT ON FUNCTION week_working_ms(timestamp) IS
    'Working time from the first Monday of our era to a local time, without holidays';

CREATE OR REPLACE FUNCTION working_ms_until(occurred_at timestamptz) RETURNS bigint
LANGUAGE sql STABLE PARALLEL SAFE
RETURN (calendar_part('period_sums'))[calendar_period(occurred_at)]
    + (calendar_part('period_factors'))[calendar_period(occurred_at)] * week_working_ms(
        occurred_at AT TIME ZONE (calendar_offsets())[calendar_period(occurred_at)]
    );

DROP FUNCTION week_working_ms(bigint), calendar_period(bigint);
