-- What each position, each account and each sector is worth at the latest prices.

CREATE TABLE sector (
    symbol text PRIMARY KEY,
    company text NOT NULL,
    sector text NOT NULL
);

CREATE TABLE price (
    symbol text PRIMARY KEY,
    day date NOT NULL,
    price numeric(12,2) NOT NULL
);

CREATE TABLE position (
    id bigint PRIMARY KEY,
    account text NOT NULL,
    symbol text NOT NULL,
    shares bigint NOT NULL
);

-- A price that changes touches every position that holds it, and nothing else.
CREATE MATERIALIZED VIEW position_value AS
    SELECT p.id, p.account, p.symbol, s.sector, p.shares, q.price, p.shares * q.price AS value
    FROM position p
    JOIN price q ON q.symbol = p.symbol
    JOIN sector s ON s.symbol = p.symbol;

CREATE MATERIALIZED VIEW account_value AS
    SELECT account, count(*) AS positions, sum(value) AS value
    FROM position_value
    GROUP BY account;

CREATE MATERIALIZED VIEW sector_value AS
    SELECT sector, count(*) AS positions, sum(value) AS value, max(value) AS largest
    FROM position_value
    GROUP BY sector;

-- The view that a page would show: it changes only when the first ten do.
CREATE MATERIALIZED VIEW richest_account AS
    SELECT account, positions, value
    FROM account_value
    ORDER BY value DESC, account
    LIMIT 10;
