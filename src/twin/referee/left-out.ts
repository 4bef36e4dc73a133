/*
 * What the fingerprint leaves out, each with its reason, and what it asks the server to print instead. Whatever is
 * not named here takes part: a catalog or a column of a newer server too.
 */

/** Catalogs that say nothing of a schema, each with the reason. */
export const CATALOGS_LEFT_OUT: Readonly<Record<string, string>> = {
  pg_statistic: "figures of the planner, gathered from rows",
  pg_statistic_ext_data: "figures of the planner, gathered from rows",
  pg_largeobject: "rows, not schema",
  pg_largeobject_metadata: "rows, not schema",
  pg_subscription_rel: "how far replication has come",
  pg_init_privs: "privileges as an extension or the server was installed with",
  pg_authid: "roles belong to the cluster",
  pg_auth_members: "roles belong to the cluster",
  pg_database: "the database itself is no part of its schema",
  pg_db_role_setting: "settings of roles and of the database itself",
  pg_tablespace: "tablespaces belong to the cluster",
  pg_parameter_acl: "settings belong to the cluster",
  pg_replication_origin: "how far replication has come",
  pg_shdescription: "comments on roles, databases and tablespaces",
  pg_shseclabel: "labels of roles, databases and tablespaces",
  pg_shdepend: "owners, privileges and policies name the same roles in their own rows",
};

/** Columns that differ between equal schemas, by catalog, each with the reason. */
export const COLUMNS_LEFT_OUT: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  pg_class: {
    relfilenode: "the file",
    relpages: "size of the file",
    reltuples: "an estimate of rows",
    relallvisible: "upkeep of rows",
    relallfrozen: "upkeep of rows",
    relfrozenxid: "upkeep of rows",
    relminmxid: "upkeep of rows",
    relrewrite: "set while a rewrite is under way",
    relnatts: "counts dropped columns",
    reltoastrelid: "whether there is a TOAST table depends on columns there have been; its options are read",
    relhasindex: "stays true when the last one is dropped, until the next VACUUM",
    relhasrules: "stays true when the last one is dropped, until the next VACUUM",
    relhastriggers: "stays true when the last one is dropped, until the next VACUUM",
    relhassubclass: "stays true when the last one is dropped, until the next ANALYZE",
    relispopulated: "whether a materialised view was filled: rows, no schema",
    reltype: "the row type has its own row in pg_type",
  },
  pg_attribute: {
    attnum: "physical order of columns; that of composite types is read as `position`",
    attcacheoff: "of the server's memory only",
    atthasmissing: "how rows from before the column are stored",
    attmissingval: "how rows from before the column are stored",
    attndims: "dimensions written at the declaration, which mean nothing to the server",
    attisdropped: "dropped columns are left out",
  },
  pg_index: {
    indcheckxmin: "concerns transactions older than the index",
    indexprs: "in the definition the server prints",
    indpred: "in the definition the server prints",
  },
  pg_constraint: {
    conbin: "in the definition the server prints",
    conindid:
      "a key's own index depends on it; for a foreign key the oldest of the unique indexes over the same columns, which no statement can choose",
  },
  pg_trigger: {
    tgconstrindid: "as conindid of its constraint",
    tgname: "in the identity, where it is a name",
    tgqual: "in the definition the server prints",
  },
  pg_rewrite: { ev_qual: "in the definition the server prints", ev_action: "in the definition the server prints" },
  pg_statistic_ext: { stxexprs: "in the expressions the server prints" },
  pg_partitioned_table: { partexprs: "in the key the server prints" },
  pg_collation: {
    collversion: "the version of the library when the collation was made",
    collencoding: "one copied from a collation for any encoding is for any, too; a database has one",
  },
  pg_enum: { enumsortorder: "any number between two; the order is read as `position`" },
  pg_extension: { extowner: "whoever made it, whom no statement can change" },
  pg_subscription: { subdbid: "the database at hand", subskiplsn: "how far replication has come" },
};

/** A value that the server is asked to print; `c` is the catalog's row. */
export const PRINTED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  pg_class: {
    relpartbound: "pg_get_expr(c.relpartbound, c.oid)",
    toastoptions:
      "(select array(select o from unnest(t.reloptions) o order by 1)::text from pg_class t where t.oid = c.reltoastrelid and t.reloptions is not null)",
  },
  pg_attribute: {
    // The columns of an index keep the names that the table's had when it was made.
    attname:
      "case when (select r.relkind from pg_class r where r.oid = c.attrelid) not in ('i', 'I') then c.attname end",
    // PostgreSQL 15.20 and its siblings stamp the version of a fix there.
    attoptions: "(select array_agg(o order by o)::text from unnest(c.attoptions) o where o not like 'pg_attver=%')",
    position: `case (select r.relkind from pg_class r where r.oid = c.attrelid) when 'c' then
      (select count(*) from pg_attribute b where b.attrelid = c.attrelid and not b.attisdropped and b.attnum between 1 and c.attnum) end::text`,
  },
  pg_attrdef: { adbin: "pg_get_expr(c.adbin, c.adrelid)" },
  pg_index: { definition: "pg_get_indexdef(c.indexrelid)" },
  pg_constraint: {
    definition: "pg_get_constraintdef(c.oid)",
    // Of keys it tells only whether the partition's or the parent's came first.
    connoinherit:
      "case when c.contype in ('c', 'n') or (c.contype = 'f' and c.conparentid = 0) then c.connoinherit end::text",
    // A primary key added to a partition alone (as pg_dump writes it) makes its NOT NULL its own besides the parent's,
    // attaching makes it the parent's alone, and no statement does either by itself.
    conislocal:
      "(c.conislocal and not (c.contype = 'n' and c.coninhcount > 0 and (select r.relispartition from pg_class r where r.oid = c.conrelid)))::text",
  },
  pg_trigger: { definition: "case when not c.tgisinternal then pg_get_triggerdef(c.oid) end" },
  pg_rewrite: { definition: "pg_get_ruledef(c.oid)" },
  pg_policy: { polqual: "pg_get_expr(c.polqual, c.polrelid)", polwithcheck: "pg_get_expr(c.polwithcheck, c.polrelid)" },
  pg_proc: {
    proargdefaults: "pg_get_expr(c.proargdefaults, 0)",
    prosqlbody: "pg_get_function_sqlbody(c.oid)",
  },
  pg_type: {
    typdefaultbin: "pg_get_expr(c.typdefaultbin, 0)",
    // The text is as it was printed at creation, under the search path of that session.
    typdefault: "case when c.typdefaultbin is null then c.typdefault end",
  },
  pg_statistic_ext: { expressions: "pg_get_statisticsobjdef_expressions(c.oid)::text" },
  pg_partitioned_table: { definition: "pg_get_partkeydef(c.partrelid)" },
  pg_publication_rel: { prqual: "pg_get_expr(c.prqual, c.prrelid)" },
  pg_enum: {
    position:
      "(select count(*) from pg_enum e where e.enumtypid = c.enumtypid and e.enumsortorder <= c.enumsortorder)::text",
  },
  pg_inherits: {
    // Numbers have gaps where a parent was left: only their order counts.
    inhseqno: "(select count(*) from pg_inherits i where i.inhrelid = c.inhrelid and i.inhseqno <= c.inhseqno)::text",
  },
  // Secrets take part as a digest and are never shown.
  pg_user_mapping: { umoptions: "md5(array(select o from unnest(c.umoptions) o order by 1)::text)" },
  pg_subscription: { subconninfo: "md5(c.subconninfo)" },
};

/** Columns of privileges: what NULL stands for, as arguments of `acldefault`. */
export const PRIVILEGES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  pg_class: { relacl: "case c.relkind when 'S' then 's' else 'r' end::\"char\", c.relowner" },
  pg_proc: { proacl: "'f', c.proowner" },
  pg_namespace: { nspacl: "'n', c.nspowner" },
  pg_type: { typacl: "'T', c.typowner" },
  pg_language: { lanacl: "'l', c.lanowner" },
  pg_foreign_data_wrapper: { fdwacl: "'F', c.fdwowner" },
  pg_foreign_server: { srvacl: "'S', c.srvowner" },
};

/** Column numbers that the server's own list of references does not name: the column that holds their table. */
export const ATTRIBUTE_NUMBERS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  pg_constraint: { confdelsetcols: "conrelid" },
  pg_publication_rel: { prattrs: "prrelid" },
};

/** Lists of columns whose order means nothing; SQL, true where so. */
export const UNORDERED: Readonly<Record<string, string>> = {
  "pg_constraint.conkey": "c.contype in ('c', 'n')",
  "pg_constraint.confdelsetcols": "true",
  "pg_statistic_ext.stxkeys": "true",
  "pg_trigger.tgattr": "true",
  "pg_publication_rel.prattrs": "true",
};

/** Lists of texts whose order means nothing, besides those whose name ends in `options`. */
export const UNORDERED_TEXTS: ReadonlySet<string> = new Set(["proconfig", "evttags", "subpublications"]);
