import { VERSIONED, naturalOrder } from "../migration/order.ts";
import { slugOf, stampOf } from "../migration/stamp.ts";
import type { FolderFile, MigrationWriter } from "../migration/writer.ts";
import { statementBlocks, writeMigration } from "../migration/write.ts";

const nameOf = (path: string): string => path.slice(path.lastIndexOf("/") + 1);

// The last of the folder's versions, with where it lies; Flyway looks into folders below its own, too.
function lastVersion(folder: readonly FolderFile[]): { readonly version: string; readonly below: string } | null {
  const last = folder
    .filter(({ path }) => path.endsWith(".sql") && VERSIONED.test(nameOf(path)))
    .toSorted((a, b) => naturalOrder(nameOf(a.path), nameOf(b.path)))
    .at(-1)?.path;
  const version = VERSIONED.exec(nameOf(last ?? ""))?.[1];
  return last === undefined || version === undefined
    ? null
    : { version, below: last.slice(0, last.length - nameOf(last).length) };
}

// A moment of twelve digits or more (to the minute, to the second); anything shorter is counted on.
const MOMENT = /^\d{12,14}$/;

/** The version behind the last one, as the folder counts: 8 behind 7, 008 behind 007, 1.3 behind 1.2, else the moment. */
function nextVersion(last: string, at: Date): string {
  const now = stampOf(at).slice(0, last.length);
  if (MOMENT.test(last) && now > last) return now;
  const [, head = "", number = "0"] = /^(.*?)(\d+)$/.exec(last) ?? [];
  return `${head}${String(BigInt(number) + 1n).padStart(number.length, "0")}`;
}

/**
 * Migrations of Flyway: `V8__name.sql`, numbered on as the folder's own are (`V1__name.sql` in an empty one). Flyway
 * runs a file in one transaction; one that refuses it has a file of its own, and says so in its script configuration
 * (`V8__name.sql.conf`, since Flyway 6.1), in which placeholders are switched off, too, where the SQL holds what looks
 * like one. The way back is `U8__name.sql`, which Flyway's paid editions and our runner know; there is none where a step
 * cannot be taken back, so that nobody is told that it was.
 */
export const flywayMigrations: MigrationWriter = {
  format: "flyway",
  mixesTransactions: false,
  write({ at, name, steps }, folder) {
    const last = lastVersion(folder);
    const below = last?.below ?? "";
    const title = `${last === null ? "1" : nextVersion(last.version, at)}__${slugOf(name)}`;
    const up = `${statementBlocks(steps)
      .flatMap(([, lines]) => lines)
      .join("\n")}\n`;
    const isAtomic = steps.every(({ transactional }) => transactional);
    const isReversible = steps.every(({ undo }) => undo !== null);
    const { down } = writeMigration({ steps }, `V${title}`);
    const downIsAtomic = steps.every(({ undo }) => undo?.some((sql) => /\bCONCURRENTLY\b/i.test(sql)) !== true);
    return {
      id: `V${title}`,
      files: [
        ...script(`${below}V${title}.sql`, up, isAtomic),
        ...(isReversible ? script(`${below}U${title}.sql`, down, downIsAtomic) : []),
      ],
      notes: isAtomic ? [] : [`V${title} runs outside of a transaction: ${LOCK_NOTE}`],
    };
  },
};

// Flyway's issues 3508 and 3682: its own lock is a transaction that the statement waits for.
const LOCK_NOTE =
  "Flyway waits there for itself, for ever, unless flyway.postgresql.transactional.lock is false (9.1.2 and later)";

function script(path: string, text: string, isAtomic: boolean): readonly FolderFile[] {
  const settings = [
    ...(isAtomic ? [] : ["executeInTransaction=false"]),
    ...(text.includes("${") ? ["placeholderReplacement=false"] : []),
  ];
  const file = { path, text };
  return settings.length === 0 ? [file] : [file, { path: `${path}.conf`, text: `${settings.join("\n")}\n` }];
}
