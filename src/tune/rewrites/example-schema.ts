/** Tables that examples of rewrites are about: keys, foreign keys that may be NULL and that may not, and none at all. */
export const EXAMPLE_SCHEMA: string = `
CREATE TABLE customer (id int PRIMARY KEY, name text NOT NULL, email text UNIQUE, city text, age int);
CREATE TABLE orders (id int PRIMARY KEY, customer_id int REFERENCES customer, seller_id int NOT NULL REFERENCES customer,
  state text NOT NULL, total numeric(8,2), at timestamp NOT NULL);
CREATE TABLE item (order_id int NOT NULL REFERENCES orders, n int NOT NULL, sku text, amount int, PRIMARY KEY (order_id, n));
CREATE TABLE note (id int, customer_id int, body text, tags text[]);`;
