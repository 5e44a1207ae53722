-- Totals of categories, the dearest of each, search by word, and what is bought together.

CREATE TABLE product (
    id bigint PRIMARY KEY,
    title text NOT NULL,
    category text,
    maker text,
    price numeric(10,2) NOT NULL,
    rating double precision
);

CREATE TABLE order_line (
    order_id bigint,
    product_id bigint,
    quantity integer NOT NULL DEFAULT 1,
    PRIMARY KEY (order_id, product_id)
);

CREATE MATERIALIZED VIEW category_total AS
    SELECT category, count(*) AS products, sum(price) AS value, avg(price) AS price, avg(rating) AS rating
    FROM product
    GROUP BY category;

CREATE MATERIALIZED VIEW dearest AS
    SELECT category, place, id, title, price
    FROM (SELECT category, id, title, price,
                 row_number() OVER (PARTITION BY category ORDER BY price DESC, id) AS place
          FROM product) ranked
    WHERE place <= 10;

-- GET /search_word?word=eq.stone answers from here; a new title is found in the same tick.
CREATE MATERIALIZED VIEW search_word AS
    SELECT DISTINCT word, id, title
    FROM (SELECT regexp_split_to_table(lower(title), '[^a-z0-9]+') AS word, id, title FROM product) words
    WHERE word <> '';

CREATE MATERIALIZED VIEW product_sales AS
    SELECT l.product_id, p.title, count(*) AS orders, sum(l.quantity) AS pieces, sum(l.quantity * p.price) AS revenue
    FROM order_line l
    JOIN product p ON p.id = l.product_id
    GROUP BY l.product_id, p.title;

CREATE MATERIALIZED VIEW bought_together AS
    SELECT a.product_id, b.product_id AS other_id, count(*) AS orders
    FROM order_line a
    JOIN order_line b ON b.order_id = a.order_id AND b.product_id <> a.product_id
    GROUP BY a.product_id, b.product_id;

-- The score is that of Jaccard: orders with both over orders with either. Five for each product.
CREATE MATERIALIZED VIEW recommendation AS
    SELECT product_id, title, place, other_id, other_title, orders, score
    FROM (SELECT scored.*,
                 row_number() OVER (PARTITION BY product_id ORDER BY score DESC, orders DESC, other_id) AS place
          FROM (SELECT t.product_id, a.title, t.other_id, b.title AS other_title, t.orders,
                       t.orders::double precision / (a.orders + b.orders - t.orders) AS score
                FROM bought_together t
                JOIN product_sales a ON a.product_id = t.product_id
                JOIN product_sales b ON b.product_id = t.other_id) scored) ranked
    WHERE place <= 5;
