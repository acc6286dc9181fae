-- The time zone and the working time of reports, and functions that apply them to a timestamp.
--
-- Working time is counted from the first Monday of our era. The local time of a timestamp is its
-- time plus an offset, which is the same for a whole period: from one clock change or holiday to the
-- next. Periods, and the working time at their beginnings, are in working_calendar, so that a
-- function needs no table and no loop: PostgreSQL replaces its call by its expression, and
-- calendar_part() by an array, when it plans a query. A body with RETURN is parsed here, once, so
-- the search path of the caller does not matter.

CREATE TABLE reporting (
    time_zone text NOT NULL,
    week_start integer NOT NULL CHECK (week_start BETWEEN 1 AND 7),
    working_days integer[] NOT NULL CHECK (working_days <@ '{1, 2, 3, 4, 5, 6, 7}' AND working_days <> '{}'),
    opens_at time NOT NULL,
    closes_at time NOT NULL CHECK (closes_at > opens_at)
);
INSERT INTO reporting VALUES ('UTC', 1, '{1, 2, 3, 4, 5}', '09:00', '17:00');
COMMENT ON TABLE reporting IS
    'Time zone and working time of reports; one row, changed by pandev reporting, which also '
    'updates working_calendar';
COMMENT ON COLUMN reporting.week_start IS 'First day of the week: 1 is Monday, 7 is Sunday';
COMMENT ON COLUMN reporting.working_days IS 'Days of the week: 1 is Monday, 7 is Sunday';
COMMENT ON COLUMN reporting.opens_at IS 'Local time at which a working day begins';
COMMENT ON COLUMN reporting.closes_at IS 'Local time at which a working day ends; 24:00 for midnight';

CREATE TABLE reporting_holidays (
    day date PRIMARY KEY,
    name text
);
COMMENT ON TABLE reporting_holidays IS
    'Days without working time, replaced by pandev reporting --holidays';

CREATE TABLE working_calendar (
    part text PRIMARY KEY,
    numbers bigint[] NOT NULL
);
INSERT INTO working_calendar VALUES
    ('period_starts', '{-9223372036854775808}'),
    ('period_offsets', '{62135596800000}'),
    ('period_factors', '{1}'),
    ('period_sums', '{0}'),
    ('week_starts', '{32400000, 118800000, 205200000, 291600000, 378000000}'),
    ('week_lags', '{0, 32400000, 90000000, 147600000, 205200000, 262800000}'),
    ('week_sums', '{0, 28800000, 57600000, 86400000, 115200000, 144000000}'),
    ('week', '{144000000}');
COMMENT ON TABLE working_calendar IS
    'Derived from reporting and reporting_holidays, for working_ms(). All numbers are milliseconds but '
    'period_factors. Periods: start; what makes a time since 1970 a local one since the first Monday; '
    '1 or, for a holiday, 0; sum at the start. Days of a week: start; the time before it that is '
    'not worked; sum at the end';

-- IMMUTABLE is not quite true: it makes PostgreSQL look a value up once per query, not per row.
-- pandev reporting touches the functions that use one, so that no prepared plan keeps an old value.

CREATE FUNCTION calendar_part(name text) RETURNS bigint[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE SECURITY DEFINER
RETURN (SELECT c.numbers FROM working_calendar AS c WHERE c.part = name);
COMMENT ON FUNCTION calendar_part IS 'A part of working_calendar, read when a query is planned';

CREATE FUNCTION reporting_time_zone() RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE SECURITY DEFINER
RETURN (SELECT r.time_zone FROM reporting AS r);
COMMENT ON FUNCTION reporting_time_zone IS 'Time zone of reports, read when a query is planned';

CREATE FUNCTION reporting_week_start() RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE SECURITY DEFINER
RETURN (SELECT r.week_start FROM reporting AS r);
COMMENT ON FUNCTION reporting_week_start IS
    'First day of the week in reports, 1 for Monday, read when a query is planned';

CREATE FUNCTION work_date(occurred_at timestamptz) RETURNS date
LANGUAGE sql STABLE PARALLEL SAFE
RETURN (occurred_at AT TIME ZONE reporting_time_zone())::date;
COMMENT ON FUNCTION work_date IS 'Date of a timestamp in the time zone of reports';

CREATE FUNCTION work_week(occurred_at timestamptz) RETURNS date
LANGUAGE sql STABLE PARALLEL SAFE
RETURN work_date(occurred_at)
    - (work_date(occurred_at) - date '0001-01-01' + 8 - reporting_week_start()) % 7;
COMMENT ON FUNCTION work_week IS
    'First day of the week of a timestamp, by time zone and first day of the week of reports';

CREATE FUNCTION week_working_ms(local_ms bigint) RETURNS bigint
LANGUAGE sql STABLE PARALLEL SAFE
RETURN local_ms / 604800000 * (calendar_part('week'))[1] + least(
    local_ms % 604800000 - (calendar_part('week_lags'))[
        pg_catalog.width_bucket(local_ms % 604800000, calendar_part('week_starts')) + 1
    ],
    (calendar_part('week_sums'))[
        pg_catalog.width_bucket(local_ms % 604800000, calendar_part('week_starts')) + 1
    ]
);
COMMENT ON FUNCTION week_working_ms IS
    'Working time from the first Monday to a local time in milliseconds, without holidays';

CREATE FUNCTION calendar_period(epoch_ms bigint) RETURNS integer
LANGUAGE sql STABLE PARALLEL SAFE
RETURN pg_catalog.width_bucket(epoch_ms, calendar_part('period_starts'));
COMMENT ON FUNCTION calendar_period IS 'Number of the period of working_calendar at a time';

CREATE FUNCTION epoch_ms(occurred_at timestamptz) RETURNS bigint
LANGUAGE sql STABLE PARALLEL SAFE
RETURN (pg_catalog.date_part('epoch', occurred_at) * 1000)::bigint;
COMMENT ON FUNCTION epoch_ms IS 'Milliseconds from 1970 to a timestamp';

CREATE FUNCTION working_ms_until(occurred_at timestamptz) RETURNS bigint
LANGUAGE sql STABLE PARALLEL SAFE
RETURN (calendar_part('period_sums'))[calendar_period(epoch_ms(occurred_at))]
    + (calendar_part('period_factors'))[calendar_period(epoch_ms(occurred_at))] * week_working_ms(
        epoch_ms(occurred_at)
        + (calendar_part('period_offsets'))[calendar_period(epoch_ms(occurred_at))]
    );
COMMENT ON FUNCTION working_ms_until IS 'Working time from the first Monday of our era to a timestamp';

CREATE FUNCTION working_ms(started_at timestamptz, ended_at timestamptz) RETURNS bigint
LANGUAGE sql STABLE PARALLEL SAFE
RETURN CASE
    WHEN ended_at <= started_at THEN 0
    WHEN pg_catalog.isfinite(started_at) AND pg_catalog.isfinite(ended_at)
        THEN working_ms_until(ended_at) - working_ms_until(started_at)
END;
COMMENT ON FUNCTION working_ms IS
    'Milliseconds of working time between two timestamps, by reporting and reporting_holidays; 0 if the '
    'second is not after the first, null if one of them is null or infinite';
