-- What analysts ask most. Hours and days are the city's own.

CREATE VIEW account_balance AS
SELECT a.account_no, a.kind, a.resident_no, a.venue_no, coalesce(sum(l.amount), 0)::bigint AS balance
FROM account a LEFT JOIN ledger_line l USING (account_no)
GROUP BY a.account_no;
COMMENT ON VIEW account_balance IS 'What is on each account';
COMMENT ON COLUMN account_balance.account_no IS 'The account';
COMMENT ON COLUMN account_balance.kind IS 'What it is';
COMMENT ON COLUMN account_balance.resident_no IS 'Whose wallet it is';
COMMENT ON COLUMN account_balance.venue_no IS 'Whose revenue or till it is';
COMMENT ON COLUMN account_balance.balance IS 'The sum of its lines, in minor units; tills and providers are negative by what came in there';

CREATE VIEW utilisation AS
WITH offered AS (
    SELECT d.day, p.venue_no, p.sport_no, (unit / 2)::smallint AS hour, sum(d.places)::bigint AS offered
    FROM pitch_day d JOIN pitch p USING (pitch_no) CROSS JOIN generate_series(0, 47) AS unit
    WHERE (d.open_units >> unit) & 1 = 1
    GROUP BY 1, 2, 3, 4
), sold AS (
    SELECT b.day, b.venue_no, w.sport_no, (unit / 2)::smallint AS hour,
           sum(CASE WHEN p.kind = 'session' THEN b.party_size ELSE p.leaves END)::bigint AS sold
    FROM booking b JOIN pitch p USING (pitch_no) JOIN pitch w ON w.pitch_no = p.whole_no
         CROSS JOIN LATERAL generate_series(b.first_unit::int, b.first_unit + b.units - 1) AS unit
    WHERE b.state IN ('confirmed', 'checked_in', 'completed', 'missed')
    GROUP BY 1, 2, 3, 4
)
SELECT o.day, o.venue_no, v.code AS venue, s.code AS sport, o.hour, o.offered, coalesce(x.sold, 0) AS sold,
       round(coalesce(x.sold, 0)::numeric / o.offered, 4) AS share
FROM offered o
     LEFT JOIN sold x ON (x.day, x.venue_no, x.sport_no, x.hour) = (o.day, o.venue_no, o.sport_no, o.hour)
     JOIN venue v ON v.venue_no = o.venue_no
     JOIN sport s ON s.sport_no = o.sport_no;
COMMENT ON VIEW utilisation IS 'How much of what was open was sold, by venue, sport and hour, of days that are over';
COMMENT ON COLUMN utilisation.day IS 'The day of play';
COMMENT ON COLUMN utilisation.venue_no IS 'The venue';
COMMENT ON COLUMN utilisation.venue IS 'The venue''s code';
COMMENT ON COLUMN utilisation.sport IS 'The sport''s code';
COMMENT ON COLUMN utilisation.hour IS 'The hour of the day, 0 to 23';
COMMENT ON COLUMN utilisation.offered IS 'Half hours that were open, times the places in each';
COMMENT ON COLUMN utilisation.sold IS 'Those of them that were sold';
COMMENT ON COLUMN utilisation.share IS 'Sold of offered';

CREATE VIEW daily_orders AS
SELECT (b.created_at AT TIME ZONE c.timezone)::date AS day, b.venue_no, v.code AS venue,
       count(*) AS orders, sum(b.party_size)::bigint AS entries,
       count(*) FILTER (WHERE b.payment = 'counter') AS at_the_counter,
       sum(b.price)::bigint AS price, sum(b.refund)::bigint AS refund
FROM booking b JOIN venue v USING (venue_no) CROSS JOIN projection c
WHERE b.confirmed_at IS NOT NULL
GROUP BY 1, 2, 3;
COMMENT ON VIEW daily_orders IS 'Paid orders by the day on which they were made, and how many people they are for';
COMMENT ON COLUMN daily_orders.day IS 'The day on which they were made';
COMMENT ON COLUMN daily_orders.venue_no IS 'The venue';
COMMENT ON COLUMN daily_orders.venue IS 'The venue''s code';
COMMENT ON COLUMN daily_orders.orders IS 'How many were paid, also if they were cancelled later';
COMMENT ON COLUMN daily_orders.entries IS 'People that they are for';
COMMENT ON COLUMN daily_orders.at_the_counter IS 'How many of the orders were sold at the counter';
COMMENT ON COLUMN daily_orders.price IS 'What they cost, in minor units';
COMMENT ON COLUMN daily_orders.refund IS 'What was given back of it, in minor units';

CREATE VIEW cancellations_and_no_shows AS
SELECT b.day, b.venue_no, v.code AS venue,
       count(*) AS bookings,
       count(*) FILTER (WHERE b.cancel_reason = 'by_resident') AS cancelled_by_resident,
       count(*) FILTER (WHERE b.cancel_reason = 'by_staff') AS cancelled_by_staff,
       count(*) FILTER (WHERE b.cancel_reason = 'closure') AS cancelled_by_closure,
       count(*) FILTER (WHERE b.state = 'missed') AS no_shows,
       count(*) FILTER (WHERE b.checked_in_at IS NOT NULL) AS checked_in
FROM booking b JOIN venue v USING (venue_no)
WHERE b.confirmed_at IS NOT NULL
GROUP BY 1, 2, 3;
COMMENT ON VIEW cancellations_and_no_shows IS 'What became of paid bookings, by day of play';
COMMENT ON COLUMN cancellations_and_no_shows.day IS 'The day of play';
COMMENT ON COLUMN cancellations_and_no_shows.venue_no IS 'The venue';
COMMENT ON COLUMN cancellations_and_no_shows.venue IS 'The venue''s code';
COMMENT ON COLUMN cancellations_and_no_shows.bookings IS 'How many were paid for the day';
COMMENT ON COLUMN cancellations_and_no_shows.cancelled_by_resident IS 'How many their residents cancelled';
COMMENT ON COLUMN cancellations_and_no_shows.cancelled_by_staff IS 'How many the venue cancelled';
COMMENT ON COLUMN cancellations_and_no_shows.cancelled_by_closure IS 'How many a closure cancelled';
COMMENT ON COLUMN cancellations_and_no_shows.no_shows IS 'How many nobody came for, where somebody checks';
COMMENT ON COLUMN cancellations_and_no_shows.checked_in IS 'How many somebody was let in for';
