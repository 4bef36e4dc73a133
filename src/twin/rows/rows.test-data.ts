/** A schema with every kind of constraint that rows are drawn for. */
export const HARD_SQL = `
CREATE SCHEMA s;
CREATE EXTENSION IF NOT EXISTS btree_gist WITH SCHEMA s;
CREATE TYPE s.kind AS ENUM ('book', 'disc', 'game');
CREATE DOMAIN s.slug AS text CONSTRAINT slug_ck CHECK (VALUE ~ '^[a-z0-9]+(-[a-z0-9]+)*$' AND char_length(VALUE) <= 40);
CREATE TABLE s.country (code character(2) PRIMARY KEY CHECK (code ~ '^[A-Z]{2}$'), name text NOT NULL);
CREATE TABLE s.shop (id uuid PRIMARY KEY, slug s.slug NOT NULL UNIQUE, opened_on date NOT NULL, closed_on date, CHECK (closed_on > opened_on));
CREATE TABLE s.person (
  shop_id uuid NOT NULL REFERENCES s.shop, id bigint GENERATED ALWAYS AS IDENTITY, email text NOT NULL,
  boss_id bigint, country character(2) REFERENCES s.country, tags text[] NOT NULL DEFAULT '{}',
  full_text tsvector GENERATED ALWAYS AS (to_tsvector('english', email)) STORED,
  favourite_id uuid,
  PRIMARY KEY (shop_id, id), FOREIGN KEY (shop_id, boss_id) REFERENCES s.person (shop_id, id), CHECK (boss_id <> id),
  CHECK (email = lower(email)), CHECK (email ~ '^[^@]+@[^@]+$')
);
CREATE UNIQUE INDEX person_email_uq ON s.person (lower(email));
CREATE TABLE s.item (
  shop_id uuid NOT NULL REFERENCES s.shop, id uuid NOT NULL, kind s.kind NOT NULL, price numeric(8,2) NOT NULL CHECK (price > 0 AND price < 5000),
  place integer NOT NULL CHECK (place >= 1), seller_id bigint NOT NULL, is_main boolean NOT NULL DEFAULT false,
  net numeric(8,2) NOT NULL CHECK (net >= 0), CHECK (net <= price),
  sold_at timestamptz, status text NOT NULL CHECK (status IN ('new', 'sold')), CHECK ((sold_at IS NOT NULL) = (status = 'sold')),
  PRIMARY KEY (shop_id, id), UNIQUE (id, kind), UNIQUE (shop_id, seller_id, place),
  FOREIGN KEY (shop_id, seller_id) REFERENCES s.person (shop_id, id)
);
ALTER TABLE s.person ADD FOREIGN KEY (shop_id, favourite_id) REFERENCES s.item (shop_id, id);
CREATE UNIQUE INDEX item_main_uq ON s.item (shop_id, seller_id) WHERE is_main;
CREATE TABLE s.book (
  item_id uuid PRIMARY KEY, kind s.kind NOT NULL DEFAULT 'book' CHECK (kind = 'book'),
  isbn text NOT NULL UNIQUE CHECK (isbn ~ '^97[89][0-9]{10}$'), FOREIGN KEY (item_id, kind) REFERENCES s.item (id, kind)
);
CREATE TABLE s.remark (
  id bigserial PRIMARY KEY, item_id uuid, shop_item uuid, person_shop uuid, person_id bigint, note text NOT NULL CHECK (btrim(note) <> ''),
  CHECK (num_nonnulls(item_id, person_id) = 1), CHECK ((person_id IS NULL) = (person_shop IS NULL)), CHECK ((item_id IS NULL) = (shop_item IS NULL)),
  FOREIGN KEY (shop_item, item_id) REFERENCES s.item (shop_id, id), FOREIGN KEY (person_shop, person_id) REFERENCES s.person (shop_id, id)
);
CREATE TABLE s.booking (
  id uuid PRIMARY KEY, shop_id uuid NOT NULL, person_id bigint NOT NULL, from_at timestamptz NOT NULL, to_at timestamptz,
  FOREIGN KEY (shop_id, person_id) REFERENCES s.person (shop_id, id), CHECK (to_at > from_at),
  CONSTRAINT no_overlap EXCLUDE USING gist (shop_id WITH =, person_id WITH =, tstzrange(from_at, to_at) WITH &&)
);
CREATE TABLE s.reading (
  shop_id uuid NOT NULL REFERENCES s.shop, at timestamptz NOT NULL, seq integer NOT NULL, value double precision NOT NULL,
  PRIMARY KEY (shop_id, at, seq)
) PARTITION BY RANGE (at);
CREATE TABLE s.reading_old PARTITION OF s.reading FOR VALUES FROM ('2024-01-01 00:00+00') TO ('2024-07-01 00:00+00');
CREATE TABLE s.reading_new PARTITION OF s.reading FOR VALUES FROM ('2024-07-01 00:00+00') TO ('2025-01-01 00:00+00');
`;
