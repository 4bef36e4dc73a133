/** Two schemas and the statements of the direct way, where they matter word for word. */
export interface Pair {
  readonly from: string;
  readonly to: string;
  readonly sql?: readonly string[];
  /** No statement of the plan may match it. */
  readonly never?: RegExp;
  /** All of it is one transaction, safely too. */
  readonly together?: true;
  /** The undo leads back. */
  readonly back?: true;
  /** It takes a superuser; owners are compared, too. */
  readonly admin?: true;
}

/** What partitions and children ask for, and tables of a type. */
export const RELATIVES: Readonly<Record<string, Pair>> = {
  "a partition is added to a table that has keys and indexes": {
    from: `CREATE TABLE p (id integer NOT NULL, at date NOT NULL, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
      CREATE INDEX p_at ON p (at); CREATE TABLE p1 PARTITION OF p FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');`,
    to: `CREATE TABLE p (id integer NOT NULL, at date NOT NULL, extra text, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
      CREATE INDEX p_at ON p (at); CREATE TABLE p1 PARTITION OF p FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
      CREATE TABLE p2 PARTITION OF p FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');`,
    never: /DROP/,
  },
  "a partition leaves, and another takes its bounds": {
    from: `CREATE TABLE p (id integer, at date) PARTITION BY RANGE (at); CREATE INDEX p_at ON p (at);
      CREATE TABLE p1 PARTITION OF p FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');`,
    to: `CREATE TABLE p (id integer, at date, extra text) PARTITION BY RANGE (at); CREATE INDEX p_at ON p (at);
      CREATE TABLE p1 (id integer, at date); CREATE INDEX p1_at_idx ON p1 (at);
      CREATE TABLE p2 PARTITION OF p FOR VALUES FROM ('2026-01-01') TO ('2026-03-01');`,
    never: /DROP/,
  },
  "a partition goes while its parent changes, and comes back by the undo": {
    from: `CREATE TABLE p (id integer NOT NULL, at date NOT NULL, y text DEFAULT 'a', n integer, CONSTRAINT old CHECK (n > 0))
      PARTITION BY RANGE (at); CREATE INDEX p_y ON p (y);
      CREATE TABLE p1 PARTITION OF p FOR VALUES FROM ('2026-01-01') TO ('2026-02-01') PARTITION BY LIST (id);
      CREATE TABLE p1a PARTITION OF p1 FOR VALUES IN (1); ALTER TABLE p1a ALTER n SET DEFAULT 7;
      CREATE TABLE p2 PARTITION OF p FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');`,
    to: `CREATE TABLE p (id integer NOT NULL, at date NOT NULL, n bigint NOT NULL DEFAULT 1, extra text, CONSTRAINT new CHECK (n > 1))
      PARTITION BY RANGE (at); CREATE INDEX p_n ON p (n);
      CREATE TABLE p2 PARTITION OF p FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');
      CREATE TABLE p3 PARTITION OF p FOR VALUES FROM ('2026-03-01') TO ('2026-04-01');`,
    never: /DETACH/,
    back: true,
  },
  "a child goes while its parent changes, and comes back by the undo": {
    from: `CREATE TABLE p (id integer, n integer, y text, z text); CREATE TABLE c (own integer) INHERITS (p);
      ALTER TABLE c ALTER n SET DEFAULT 7; CREATE TABLE d () INHERITS (p);`,
    to: `CREATE TABLE p (id bigint, n integer DEFAULT 1, z text COMPRESSION pglz, extra text, CONSTRAINT k CHECK (id > 0)); CREATE TABLE d () INHERITS (p);`,
    back: true,
  },
  "an enum of a parent's and a child's columns loses a value, and has it again by the undo": {
    from: "CREATE TYPE e AS ENUM ('a', 'b', 'c'); CREATE TABLE p (a e DEFAULT 'a'); CREATE TABLE c (b integer) INHERITS (p)",
    to: "CREATE TYPE e AS ENUM ('b', 'a'); CREATE TABLE p (a e DEFAULT 'a'); CREATE TABLE c (b integer) INHERITS (p)",
    back: true,
  },
  "a partition of a table that others refer to goes": {
    from: `CREATE TABLE p (id integer, at date, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
      CREATE TABLE p1 PARTITION OF p FOR VALUES FROM ('2026-01-01') TO ('2026-02-01') PARTITION BY LIST (id);
      CREATE TABLE p1a PARTITION OF p1 FOR VALUES IN (1);
      CREATE TABLE p2 PARTITION OF p FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');
      CREATE TABLE other (a integer, b date, FOREIGN KEY (a, b) REFERENCES p);`,
    to: `CREATE TABLE p (id integer, at date, extra text, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
      CREATE TABLE p2 PARTITION OF p FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');
      CREATE TABLE other (a integer, b date, FOREIGN KEY (a, b) REFERENCES p);`,
    sql: [
      "ALTER TABLE public.p ADD COLUMN extra text",
      "ALTER TABLE public.p1 DETACH PARTITION public.p1a",
      "DROP TABLE public.p1a",
      "ALTER TABLE public.p DETACH PARTITION public.p1",
      "DROP TABLE public.p1",
    ],
    back: true,
  },
  "a table of a type becomes one of another, which has other columns": {
    from: `CREATE TYPE a AS (x integer, w text); CREATE TYPE b AS (x integer, y text);
      CREATE TABLE t OF a (x WITH OPTIONS DEFAULT 3);`,
    to: "CREATE TYPE b AS (x integer, y text); CREATE TABLE t OF b (PRIMARY KEY (x))",
    never: /DROP TABLE/,
    back: true,
  },
  "what is set for a TOAST table is set once there is one": {
    from: "CREATE TABLE t (a integer)",
    to: "CREATE TABLE t (a integer, b text) WITH (toast.autovacuum_enabled = false)",
    back: true,
  },
  "what leaves its parents keeps its NOT NULL, under names of its own": {
    from: `CREATE TABLE p (id integer NOT NULL, n integer NOT NULL) PARTITION BY LIST (id);
      CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1); CREATE TABLE p2 PARTITION OF p FOR VALUES IN (2);`,
    to: `CREATE TABLE p (id integer NOT NULL, n integer NOT NULL) PARTITION BY LIST (id);
      CREATE TABLE p1 (id integer NOT NULL, n integer);
      CREATE TABLE p2 PARTITION OF p FOR VALUES IN (2); ALTER TABLE p DETACH PARTITION p2;`,
    never: /(?:SET|ADD CONSTRAINT .*|DROP CONSTRAINT .*) NOT NULL/,
    back: true,
  },
  "keys of partitions are their own while the table above them is made anew": {
    from: `CREATE TABLE p (id bigint NOT NULL) PARTITION BY HASH (id);
      CREATE TABLE p0 PARTITION OF p FOR VALUES WITH (MODULUS 1, REMAINDER 0);`,
    to: `CREATE TABLE p (id integer NOT NULL, PRIMARY KEY (id)) PARTITION BY HASH (id);
      CREATE TABLE p0 PARTITION OF p FOR VALUES WITH (MODULUS 1, REMAINDER 0);`,
    back: true,
  },
  "what a parent hands down is not said twice, and what a child differs in is": {
    from: "CREATE TABLE p (a integer); CREATE TABLE c (b integer) INHERITS (p); CREATE TABLE d () INHERITS (p)",
    to: `CREATE TABLE p (a bigint DEFAULT 1, n text); CREATE TABLE c (b integer) INHERITS (p);
      CREATE TABLE d () INHERITS (p); ALTER TABLE d ALTER a SET DEFAULT 2; COMMENT ON COLUMN c.n IS 'x';`,
  },
};
