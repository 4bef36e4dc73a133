import { isTest } from "./layers.ts";
import type { SourceFile, SyntaxNode, Tree } from "./tree.ts";
import type { Violation } from "./violation.ts";

/** Every export of `src` has a doc comment of more than a word. */
export function checkDocComments(tree: Tree): Violation[] {
  return tree.sources
    .filter((file) => file.path.startsWith("src/") && !isTest(file.path))
    .flatMap((file) => undocumented(file));
}

function undocumented(file: SourceFile): Violation[] {
  const violations: Violation[] = [];
  let overloaded: string | null = null;
  for (const statement of file.program.body as unknown as readonly SyntaxNode[]) {
    const declaration = statement["declaration"] as SyntaxNode | null | undefined;
    const exported = ["ExportNamedDeclaration", "ExportDefaultDeclaration"].includes(statement.type);
    // `export { x } from` names what is documented where it stands.
    if (!exported || declaration === null || declaration === undefined) continue;
    const name = nameOf(declaration);
    // Of overloads, the first carries the comment.
    const again = overloaded !== null && overloaded === name;
    overloaded = /Function$|^FunctionDeclaration$/.test(declaration.type) ? name : null;
    if (again || hasDoc(file, statement)) continue;
    violations.push({
      path: file.path,
      line: file.lineAt(statement.start),
      rule: "doc-comments",
      what: `\`${name}\` is exported without a doc comment`,
      why: "who uses it should not have to read its code to learn meaning, units, shapes and errors",
      mend: "write /** … */ above it: what it means, not how it works",
    });
  }
  return violations;
}

function nameOf(declaration: SyntaxNode): string {
  const declarators = declaration["declarations"] as readonly SyntaxNode[] | undefined;
  const id = (declarators?.[0]?.["id"] ?? declaration["id"]) as SyntaxNode | null | undefined;
  return typeof id?.["name"] === "string" ? id["name"] : "default";
}

// The last comment before the statement that is a doc comment, with nothing but comments and space between.
function hasDoc(file: SourceFile, statement: SyntaxNode): boolean {
  let edge = statement.start;
  for (const comment of file.comments.toReversed()) {
    if (comment.end > edge) continue;
    if (file.text.slice(comment.end, edge).trim() !== "") return false;
    if (comment.type === "Block" && comment.value.startsWith("*")) return /[\p{L}\p{N}]{2,}/u.test(comment.value);
    edge = comment.start;
  }
  return false;
}
