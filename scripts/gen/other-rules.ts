/*
 * Every rule of the tools that look at PostgreSQL migrations, by the ids they have in those tools' own repositories, and
 * why one has none of ours beside it. `npm run gen` fails where a rule has neither.
 */

const words = (text: string): readonly string[] => text.trim().split(/\s+/);

/** The rules of each tool that are to have an equivalent here or a reason. */
export const OTHER_RULES: Readonly<Record<string, readonly string[]>> = {
  squawk: words(`
    adding-field-with-default adding-foreign-key-constraint adding-not-nullable-field adding-required-field
    adding-serial-primary-key-field ban-alter-domain-with-add-constraint ban-char-field
    ban-concurrent-index-creation-in-transaction ban-create-domain-with-constraint ban-drop-column ban-drop-database
    ban-drop-not-null ban-drop-table ban-duplicate-column-assignments ban-truncate-cascade ban-uncommitted-transaction
    changing-column-type constraint-missing-not-valid disallowed-unique-constraint identifier-too-long
    prefer-bigint-over-int prefer-bigint-over-smallint prefer-identity prefer-repack prefer-robust-stmts
    prefer-text-field prefer-timestamp-tz prefer-timestamptz renaming-column renaming-table require-concurrent-index-creation
    require-concurrent-index-deletion require-concurrent-partition-detach require-concurrent-reindex
    require-enum-value-ordering require-lock-timeout require-statement-timeout require-table-schema
    require-timeout-settings syntax-error transaction-nesting unused-ignore`),
  eugene: words("E1 E2 E3 E4 E5 E6 E7 E8 E9 E10 E11 E15 W12 W13 W14"),
  strong_migrations: words(`
    add_column_default add_column_default_callable add_column_json add_column_generated_stored
    add_column_auto_incrementing change_column change_column_with_not_null change_column_constraint remove_column
    rename_column rename_enum_value rename_schema rename_table add_reference add_index remove_index add_index_columns
    add_index_corruption change_table create_table execute change_column_default change_column_null
    change_column_null_postgresql add_foreign_key validate_foreign_key add_check_constraint validate_check_constraint
    add_exclusion_constraint add_unique_constraint`),
  atlas: words(`
    DS101 DS102 DS103 MF101 MF102 MF103 MF104 BC101 BC102 CD101 CD102 CD103 PG101 PG102 PG103 PG104 PG105 PG110 PG301
    PG302 PG303 PG304 PG305 PG306 PG307 PG308 PG309 PG310 PG311 TX101 TX201 NM101 NM102 NM103 NM104 NM105 NM106 SA101
    OW101 OW102`),
  "pg-schema-diff": words(`
    ACQUIRES_ACCESS_EXCLUSIVE_LOCK ACQUIRES_SHARE_LOCK ACQUIRES_SHARE_ROW_EXCLUSIVE_LOCK CORRECTNESS DELETES_DATA
    HAS_UNTRACKABLE_DEPENDENCIES INDEX_BUILD INDEX_DROPPED IMPACTS_DATABASE_PERFORMANCE IS_USER_GENERATED
    UPGRADING_EXTENSION_VERSION AUTHZ_UPDATE`),
  bytebase: words(`
    BUILTIN_PRIOR_BACKUP_CHECK SYSTEM_CHARSET_ALLOWLIST SYSTEM_COLLATION_ALLOWLIST SYSTEM_COMMENT_LENGTH COLUMN_COMMENT
    COLUMN_DEFAULT_DISALLOW_VOLATILE COLUMN_DISALLOW_CHANGE_TYPE COLUMN_MAXIMUM_CHARACTER_LENGTH COLUMN_NO_NULL
    COLUMN_REQUIRE_DEFAULT COLUMN_REQUIRED COLUMN_TYPE_DISALLOW_LIST INDEX_CREATE_CONCURRENTLY INDEX_KEY_NUMBER_LIMIT
    INDEX_NO_DUPLICATE_COLUMN INDEX_PRIMARY_KEY_TYPE_ALLOWLIST INDEX_TOTAL_NUMBER_LIMIT NAMING_COLUMN
    NAMING_FULLY_QUALIFIED NAMING_INDEX_FK NAMING_INDEX_IDX NAMING_INDEX_PK NAMING_INDEX_UK NAMING_TABLE
    SCHEMA_BACKWARD_COMPATIBILITY STATEMENT_ADD_CHECK_NOT_VALID STATEMENT_ADD_FOREIGN_KEY_NOT_VALID
    STATEMENT_AFFECTED_ROW_LIMIT STATEMENT_CHECK_SET_ROLE_VARIABLE STATEMENT_CREATE_SPECIFY_SCHEMA
    STATEMENT_DISALLOW_ADD_COLUMN_WITH_DEFAULT STATEMENT_DISALLOW_ADD_NOT_NULL STATEMENT_DISALLOW_CASCADE
    STATEMENT_DISALLOW_COMMIT STATEMENT_DISALLOW_MIX_DDL_DML STATEMENT_DISALLOW_MIX_IN_DDL STATEMENT_DISALLOW_MIX_IN_DML
    STATEMENT_DISALLOW_ON_DEL_CASCADE STATEMENT_DISALLOW_RM_TBL_CASCADE STATEMENT_DISALLOW_TRUNCATE
    STATEMENT_DISALLOW_TRUNCATE_TABLE_CASCADE STATEMENT_DML_DRY_RUN STATEMENT_INSERT_DISALLOW_ORDER_BY_RAND
    STATEMENT_INSERT_MUST_SPECIFY_COLUMN STATEMENT_INSERT_ROW_LIMIT STATEMENT_MAXIMUM_LIMIT_VALUE
    STATEMENT_MERGE_ALTER_TABLE STATEMENT_NON_TRANSACTIONAL STATEMENT_OBJECT_OWNER_CHECK STATEMENT_SELECT_NO_SELECT_ALL
    STATEMENT_WHERE_DISALLOW_FUNCTIONS_AND_CALCULATIONS STATEMENT_WHERE_NO_LEADING_WILDCARD_LIKE
    STATEMENT_WHERE_REQUIRE_SELECT STATEMENT_WHERE_REQUIRE_UPDATE_DELETE TABLE_COMMENT TABLE_DISALLOW_PARTITION
    TABLE_DROP_NAMING_CONVENTION TABLE_NO_FOREIGN_KEY TABLE_REQUIRE_PK`),
};

const NAMING =
  "A pattern that names must follow is a choice of each house, and needs its own settings; what hurts with any pattern is told by `mixed-case-identifier`, `reserved-word-identifier` and `name-too-long`.";
const HOUSE = "Whether each object must have it is a choice of each house, and says nothing about a hazard.";
const QUERY =
  "It is about queries of an application, not about statements of a migration; `tune` and `explain` look at those.";

/** Why a rule of one of these tools has none of ours beside it. */
export const OTHER_REASONS: Readonly<Record<string, string>> = {
  "squawk:syntax-error":
    "A file that does not parse is no finding but wrong input: `lint` names file, line and column and ends with exit code 2.",
  "squawk:unused-ignore":
    "A comment that names no rule, a rule that does not exist, or no reason is reported as `suppression`; comments of other tools may speak of rules that are silent here.",
  "strong_migrations:add_index_corruption":
    "It warns of a fault of PostgreSQL 14.0 to 14.3, mended in 2022; a major version does not tell the minor one.",
  "strong_migrations:change_table":
    "It says that one form of the Rails syntax cannot be checked; its statements are checked here.",
  "strong_migrations:change_column_default":
    "It concerns one setting of Rails, by which old code writes old defaults; the statement itself takes a moment.",
  "atlas:PG110": "`column-order-padding` of `review` tells it of the table as it stands.",
  "atlas:NM101": NAMING,
  "atlas:NM102": NAMING,
  "atlas:NM103": NAMING,
  "atlas:NM104": NAMING,
  "atlas:NM105": NAMING,
  "atlas:NM106": NAMING,
  "atlas:OW101": "Who may change which object is kept by the server's own rights, not by a list beside them.",
  "atlas:OW102": "Who may change which object is kept by the server's own rights, not by a list beside them.",
  "pg-schema-diff:IS_USER_GENERATED":
    "It marks statements that a person put into a generated plan; in a migration file all are.",
  "bytebase:BUILTIN_PRIOR_BACKUP_CHECK": "It is a check of its own backup feature before rows are changed.",
  "bytebase:SYSTEM_CHARSET_ALLOWLIST": "The encoding belongs to the database and cannot be changed by a migration.",
  "bytebase:SYSTEM_COLLATION_ALLOWLIST": HOUSE,
  "bytebase:SYSTEM_COMMENT_LENGTH": HOUSE,
  "bytebase:COLUMN_COMMENT": HOUSE,
  "bytebase:TABLE_COMMENT": HOUSE,
  "bytebase:COLUMN_NO_NULL":
    "`never-null-column-is-nullable` of `review` tells it where the rows say so; a column that may be null is no hazard.",
  "bytebase:COLUMN_REQUIRE_DEFAULT": HOUSE,
  "bytebase:COLUMN_REQUIRED": HOUSE,
  "bytebase:COLUMN_TYPE_DISALLOW_LIST":
    "The types that hurt have a rule each: `json-column`, `char-column`, `timestamp-column`, `money-type`.",
  "bytebase:INDEX_TOTAL_NUMBER_LIMIT":
    "How many indexes are too many depends on the writes and reads of the table; `unused-index`, `duplicate-index` and `redundant-prefix-index` name those that are not needed.",
  "bytebase:NAMING_COLUMN": NAMING,
  "bytebase:NAMING_INDEX_FK": NAMING,
  "bytebase:NAMING_INDEX_IDX": NAMING,
  "bytebase:NAMING_INDEX_PK": NAMING,
  "bytebase:NAMING_INDEX_UK": NAMING,
  "bytebase:NAMING_TABLE": NAMING,
  "bytebase:STATEMENT_CHECK_SET_ROLE_VARIABLE": "Which role runs a migration is a choice of each house.",
  "bytebase:STATEMENT_DML_DRY_RUN": "`lint --trace` and `migrate prove` run every statement on a scratch server.",
  "bytebase:STATEMENT_INSERT_ROW_LIMIT":
    "Rows that a migration brings lock nobody else's; where they come by a query, its plan tells, not its text.",
  "bytebase:STATEMENT_MAXIMUM_LIMIT_VALUE": QUERY,
  "bytebase:STATEMENT_WHERE_DISALLOW_FUNCTIONS_AND_CALCULATIONS": QUERY,
  "bytebase:STATEMENT_WHERE_NO_LEADING_WILDCARD_LIKE": QUERY,
  "bytebase:STATEMENT_WHERE_REQUIRE_SELECT": QUERY,
  "bytebase:TABLE_DISALLOW_PARTITION": HOUSE,
  "bytebase:TABLE_NO_FOREIGN_KEY":
    "Foreign keys are what keeps references whole; adding them safely is what the rules about them tell.",
};
