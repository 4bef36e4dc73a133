import type { Catalog, CatalogObject, ConstraintObject, SequenceObject } from "../../model/catalog.ts";
import { viewOf } from "../../model/catalog-view.ts";
import type { CatalogView } from "../../model/catalog-view.ts";
import { ref, refKey } from "../../model/ref.ts";
import type { Kind, RefKey } from "../../model/ref.ts";
import type { Statement } from "../../model/statement.ts";
import { indexKey, isIncomplete, isKey } from "./kinds/constraint.ts";
import type { PrintContext } from "./kinds/kind.ts";
import { print } from "./kinds/registry.ts";
import { cyclesOf, inOrder } from "../../model/order.ts";
import type { OrderNode } from "../../model/order.ts";
import { qualified, statement } from "./print.ts";
import { bodyReferences } from "./body-references.ts";

/*
 * A catalog as a script. Objects become nodes of a graph: a table's columns and inline constraints belong
 * to the table's node. Where needs run in a circle, the circle is cut at a need that can be met later: a
 * column's default, a domain's checks, an inline constraint, the query of a view. Foreign keys come last.
 */

// The order of kinds where dependencies leave it open: what people expect to read first.
const RANK: Readonly<Record<Kind, number>> = {
  role: 0,
  schema: 1,
  extension: 2,
  enum: 3,
  range: 4,
  composite: 5,
  domain: 6,
  sequence: 7,
  function: 8,
  aggregate: 9,
  table: 10,
  column: 10,
  constraint: 11,
  index: 12,
  view: 13,
  trigger: 16,
  policy: 17,
  grant: 18,
  "foreign-data-wrapper": 2.1,
  server: 2.2,
  "user-mapping": 2.3,
  publication: 20,
  subscription: 21,
  // Last: what the script itself creates is not to be granted to anybody by it.
  "default-privileges": 40,
  collation: 2.5,
  cast: 9.6,
  operator: 9.2,
  "operator-family": 9.3,
  "operator-class": 9.4,
  "text-search-configuration": 2.8,
  "text-search-dictionary": 2.7,
  "event-trigger": 30,
  rule: 13.5,
  statistics: 12.5,
  conversion: 2.6,
};
const RANK_COMPLETION = 14;
const RANK_FOREIGN_KEY = 15;
// Materialised views are filled when all that their queries may call is there, and before DDL is watched.
const RANK_REFRESH = 25;

/** One step of a script: an object, or the part of it that is printed later. */
export interface ScriptNode extends OrderNode {
  readonly id: string;
  readonly rank: number;
  readonly needs: string[];
  /** Needs that can be met later by postponing a part of the object at `postpone`. */
  readonly soft: { readonly need: string; readonly postpone: RefKey }[];
  readonly object: CatalogObject;
  /** Whether the node prints the object, or the part of it that was postponed. */
  readonly part: "create" | "complete";
}

/** A catalog's statements before they are text: nodes in an order that works. */
export interface Script {
  readonly nodes: readonly ScriptNode[];
  readonly context: PrintContext;
  /** The node that an object is printed by. */
  nodeOf(key: RefKey): string;
}

const completion = (key: RefKey): string => `complete ${key}`;

// Needs that a default, a check or a view's query brings, as opposed to those of types and parents.
const isSoftNeed = (needs: RefKey): boolean =>
  /^(?:function|aggregate|operator|sequence|view|table|column) /.test(needs);

function softPart(object: CatalogObject, needs: RefKey): boolean {
  if (!isSoftNeed(needs)) return false;
  if (object.kind === "view") return !object.materialised;
  if (object.kind === "domain") return object.default !== null || object.checks.length > 0;
  if (object.kind === "column") return object.default !== null;
  return object.kind === "constraint" || takesItself(object);
}

// A range is known by name before the function that makes its values canonical, which takes it.
const takesItself = (object: CatalogObject): boolean =>
  object.kind === "range" && object.options["canonical"] !== undefined;

class Builder {
  readonly view: CatalogView;
  readonly context: PrintContext;
  readonly #nodes = new Map<string, ScriptNode>();
  readonly #inline: ReadonlySet<RefKey>;

  constructor(view: CatalogView, postponed: ReadonlySet<RefKey>) {
    this.view = view;
    const partedIndexes = partedIndexesOf(view);
    const inline = new Set<RefKey>();
    for (const constraint of view.of("constraint")) {
      const key = refKey(constraint);
      if (!postponed.has(key) && mayInline(constraint, view, partedIndexes)) inline.add(key);
    }
    this.#inline = inline;
    this.context = {
      view,
      postponed,
      partedIndexes,
      ownedSequences: ownedSequencesOf(view),
      inlines: (constraint) => inline.has(refKey(constraint)),
    };
  }

  /** The id of the node that prints the object at a key. */
  nodeOf = (key: RefKey): string => {
    const object = this.view.get(key);
    if (object === undefined) return key;
    const carried = object.kind === "column" || (object.kind === "constraint" && this.#inline.has(key));
    return carried ? refKey(ref("table", object.table ?? "", { schema: object.schema })) : key;
  };

  // The node that something needs: of a range known by name its own functions need no more.
  #needed(need: RefKey, by: RefKey): string {
    const object = this.view.get(need);
    const isWhole = object === undefined || !takesItself(object) || object.dependsOn.includes(by);
    return isWhole ? this.nodeOf(need) : completion(need);
  }

  build(catalog: Catalog): ScriptNode[] {
    for (const object of catalog.objects) {
      const key = refKey(object);
      if (this.nodeOf(key) === key) this.#node(key, object, "create", rankOf(object));
    }
    for (const object of catalog.objects) this.#connect(object);
    for (const [table, sequences] of this.context.ownedSequences)
      for (const sequence of sequences) this.#nodes.get(table)?.needs.push(refKey(sequence));
    this.#orderKeysOfPartitions();
    return [...this.#nodes.values()].toSorted((a, b) => a.rank - b.rank || (a.id < b.id ? -1 : 1));
  }

  #node(id: string, object: CatalogObject, part: ScriptNode["part"], rank: number): ScriptNode {
    const node: ScriptNode = { id, rank, needs: [], soft: [], object, part };
    this.#nodes.set(id, node);
    return node;
  }

  #connect(object: CatalogObject): void {
    const key = refKey(object);
    const id = this.nodeOf(key);
    const node = this.#nodes.get(id);
    if (node === undefined) return;
    const filled = object.kind === "view" && object.materialised && object.populated !== false;
    if (filled) this.#node(completion(key), object, "complete", RANK_REFRESH).needs.push(id, ...this.#fillsOf(object));
    const postponed = this.context.postponed.has(key) && object.kind !== "constraint";
    const rank = object.kind === "range" ? RANK.function + 0.5 : RANK_COMPLETION;
    const late = postponed ? this.#node(completion(key), object, "complete", rank) : undefined;
    late?.needs.push(id);
    for (const need of object.dependsOn) {
      const target = this.#needed(need, key);
      if (target === id) continue;
      if (!softPart(object, need)) node.needs.push(target);
      else if (late !== undefined) late.needs.push(target);
      // A constraint with a node of its own has nothing left to postpone.
      else if (object.kind === "constraint" && !this.#inline.has(key)) node.needs.push(target);
      else {
        node.needs.push(target);
        node.soft.push({ need: target, postpone: key });
      }
    }
  }

  // The filling of the materialised views that one reads, be it through views.
  #fillsOf(object: CatalogObject): string[] {
    const seen = new Set<RefKey>();
    const pending = [...object.dependsOn];
    for (let key = pending.pop(); key !== undefined; key = pending.pop()) {
      const need = seen.has(key) ? undefined : this.view.get(key);
      seen.add(key);
      if (need?.kind === "view") pending.push(...need.dependsOn);
    }
    return [...seen].filter((key) => this.view.get(key)?.kind === "view").map(completion);
  }

  // A key of a partitioned table goes ON ONLY the parent once all its partitions are there; were it
  // earlier, the partitions would be given indexes with names of the server's choice.
  #orderKeysOfPartitions(): void {
    const partitions = new Map<RefKey, RefKey[]>();
    for (const { table } of this.view.tables) {
      if (table.partitionOf === null) continue;
      const parent = refKey(ref("table", table.partitionOf.table, { schema: table.partitionOf.schema }));
      const known = partitions.get(parent);
      if (known === undefined) partitions.set(parent, [refKey(table)]);
      else known.push(refKey(table));
    }
    if (partitions.size === 0) return;
    for (const node of this.#nodes.values()) {
      const { object } = node;
      if (object.kind !== "index" && object.kind !== "constraint") continue;
      const table = refKey(ref("table", object.table, { schema: object.schema }));
      node.needs.push(...(partitions.get(table) ?? []));
    }
  }
}

function rankOf(object: CatalogObject): number {
  if (object.kind !== "constraint" || object.type !== "foreign key") return RANK[object.kind];
  // A partition's foreign key with a name of its own must be there before its parent's adopts it.
  return object.inherited ? RANK_FOREIGN_KEY : RANK_FOREIGN_KEY + 0.5;
}

/** Keys of the indexes of partitioned tables that have indexes of partitions attached. */
export function partedIndexesOf(view: CatalogView): Set<RefKey> {
  const names = new Set<string>();
  const name = (schema: string | null, index: string): string => JSON.stringify([schema, index]);
  for (const { partitionOf } of view.of("index"))
    if (partitionOf !== null) names.add(name(partitionOf.schema, partitionOf.name));
  return new Set(
    view
      .of("index")
      .filter((index) => names.has(name(index.schema, index.name)))
      .map(refKey),
  );
}

/** Sequences by the key of the table whose column owns them. */
export function ownedSequencesOf(view: CatalogView): Map<RefKey, SequenceObject[]> {
  const owned = new Map<RefKey, SequenceObject[]>();
  for (const sequence of view.of("sequence")) {
    if (sequence.ownedBy === null) continue;
    const table = refKey(ref("table", sequence.ownedBy.table, { schema: sequence.ownedBy.schema }));
    const known = owned.get(table);
    if (known === undefined) owned.set(table, [sequence]);
    else known.push(sequence);
  }
  return owned;
}

function mayInline(constraint: ConstraintObject, view: CatalogView, partedIndexes: ReadonlySet<RefKey>): boolean {
  // CREATE TABLE takes NOT VALID for an already valid constraint, and inherited ones come by themselves.
  if (constraint.type === "foreign key" || constraint.inherited || !constraint.validated) return false;
  if (!isKey(constraint)) return true;
  const table = view.table(constraint.schema, constraint.table);
  // Of two keys over the same columns in one CREATE TABLE the server makes only the first.
  const twin = table?.constraints.some(
    (other) => other !== constraint && isKey(other) && other.columns.join("\0") === constraint.columns.join("\0"),
  );
  const standsApart = partedIndexes.has(indexKey(constraint)) || isIncomplete(constraint, view);
  return (table?.table.partitionOf ?? null) === null && !standsApart && twin !== true;
}

// A view that reads itself (CREATE OR REPLACE can make one) needs to be there before its query is.
function readsItself(object: CatalogObject): boolean {
  if (object.kind !== "view" || object.materialised) return false;
  const name = qualified(object.schema, object.name);
  for (let at = object.definition.indexOf(name); at >= 0; at = object.definition.indexOf(name, at + 1))
    if (!/[\w$"]/.test(object.definition[at - 1] ?? "") && !/[\w$"]/.test(object.definition[at + name.length] ?? ""))
      return true;
  return false;
}

/** What bodies name goes first, except where that would run in a circle. */
function withWishes(nodes: readonly ScriptNode[], builder: Builder): readonly ScriptNode[] {
  const wished = nodes.map(({ id, needs, object, part }) => {
    if (object.kind !== "function" || part !== "create") return { id, needs, wishes: [] };
    const wishes = bodyReferences(object, builder.view).map(builder.nodeOf);
    return { id, needs: [...needs, ...wishes], wishes };
  });
  const cycles = cyclesOf(wished);
  for (const [index, { id, wishes }] of wished.entries())
    nodes[index]?.needs.push(...wishes.filter((wish) => cycles.get(wish) !== cycles.get(id)));
  return nodes;
}

/** Puts a catalog's objects in an order that works. */
export function scriptOf(catalog: Catalog): Script {
  const view = viewOf(catalog);
  const postponed = new Set(catalog.objects.filter((one) => readsItself(one) || takesItself(one)).map(refKey));
  const first = new Builder(view, new Set(postponed));
  const nodes = first.build(catalog);
  const cycles = cyclesOf(nodes);
  const early = postponed.size;
  for (const node of nodes) {
    for (const { need, postpone } of node.soft) if (cycles.get(need) === cycles.get(node.id)) postponed.add(postpone);
  }
  const builder = postponed.size === early ? first : new Builder(view, postponed);
  const whole = builder === first ? nodes : builder.build(catalog);
  return { nodes: inOrder(withWishes(whole, builder)), context: builder.context, nodeOf: builder.nodeOf };
}

/** Statements that create every object of a catalog in an empty database. */
export function createScript(catalog: Catalog): readonly Statement[] {
  const { nodes, context } = scriptOf(catalog);
  const statements = nodes.flatMap((node) => {
    if (isAdopted(node.object, context.view)) return [];
    return print(node.part, node.object, context);
  });
  const hasFunctions = catalog.objects.some((object) => object.kind === "function");
  if (!hasFunctions) return statements;
  // A function's body may name what is created after it.
  return [statement("SET check_function_bodies = off"), ...statements, statement("RESET check_function_bodies")];
}

// A partition's foreign key that its parent's brings along under the same name.
function isAdopted(object: CatalogObject, view: CatalogView): boolean {
  if (object.kind !== "constraint" || object.type !== "foreign key" || !object.inherited) return false;
  const parent = view.table(object.schema, object.table)?.table.partitionOf;
  if (parent === null || parent === undefined) return true;
  const key = ref("constraint", object.name, { schema: parent.schema, table: parent.table });
  return view.get(refKey(key)) !== undefined;
}
