-- How late flights leave: by airport, state, route and hour; and which carriers meet birds.

CREATE TABLE airport (
    iata text PRIMARY KEY,
    name text,
    city text,
    state text,
    latitude double precision,
    longitude double precision
);

CREATE TABLE flight (
    id bigint PRIMARY KEY,
    at timestamp NOT NULL,
    origin text NOT NULL,
    destination text NOT NULL,
    delay integer NOT NULL,
    distance integer NOT NULL
);

CREATE TABLE strike (
    id bigint PRIMARY KEY,
    day date NOT NULL,
    carrier text,
    airport text,
    species text,
    damage text,
    cost bigint NOT NULL
);

CREATE MATERIALIZED VIEW airport_delay AS
    SELECT f.origin, a.city, a.state, count(*) AS flights, count(*) FILTER (WHERE f.delay > 15) AS late,
           avg(f.delay) AS delay, max(f.delay) AS longest
    FROM flight f
    JOIN airport a ON a.iata = f.origin
    GROUP BY f.origin, a.city, a.state;

CREATE MATERIALIZED VIEW state_delay AS
    SELECT a.state, count(*) AS flights, avg(f.delay) AS delay, sum(f.distance) AS miles
    FROM flight f
    JOIN airport a ON a.iata = f.origin
    GROUP BY a.state;

CREATE MATERIALIZED VIEW route_delay AS
    SELECT origin, destination, count(*) AS flights, avg(delay) AS delay, avg(distance::double precision) AS miles
    FROM flight
    GROUP BY origin, destination
    HAVING count(*) >= 10;

CREATE MATERIALIZED VIEW worst_route AS
    SELECT r.origin, o.city AS from_city, r.destination, d.city AS to_city, r.flights, r.delay
    FROM route_delay r
    JOIN airport o ON o.iata = r.origin
    JOIN airport d ON d.iata = r.destination
    ORDER BY r.delay DESC, r.origin, r.destination
    LIMIT 20;

CREATE MATERIALIZED VIEW hour_delay AS
    SELECT extract(hour FROM at)::integer AS hour, count(*) AS flights, avg(delay) AS delay,
           count(DISTINCT origin) AS airports
    FROM flight
    GROUP BY extract(hour FROM at)::integer;

-- An airport without a flight so far is there too, with nothing in its columns.
CREATE MATERIALIZED VIEW airport_traffic AS
    SELECT a.iata, a.name, a.state, d.flights, d.delay
    FROM airport a
    LEFT JOIN airport_delay d ON d.origin = a.iata;

CREATE MATERIALIZED VIEW carrier_strike AS
    SELECT carrier, count(*) AS strikes, count(*) FILTER (WHERE damage <> 'None') AS damaged,
           sum(cost) AS cost, max(day) AS last
    FROM strike
    GROUP BY carrier;
