import { readFile } from "node:fs/promises";
import { silence } from "../../tune/explain/explain.ts";
import type { ExplainedPlan } from "./show.ts";

/** The page as it was built, without plans. */
const TEMPLATE = new URL("page.html", import.meta.url);

/**
 * One page with the plans drawn and what was found in words, which opens without a network. `raw` are the plans in the
 * server's JSON form. Whatever a plan's text holds is data there: no name or constant becomes markup or program.
 */
export async function planPage(
  plans: readonly ExplainedPlan[],
  raw: readonly unknown[],
  template: URL = TEMPLATE,
): Promise<string> {
  const page = await readFile(template, "utf8");
  const data = plans.map(({ sql }, place) => ({ sql, plan: JSON.stringify(raw[place], null, 2) }));
  const titles = plans.length === 1 ? [""] : ["before", "after"];
  const body = plans
    .map(
      (plan, place) =>
        `<section class="plan">${findingsOf(plan, titles[place] ?? "")}<div class="drawing" id="plan-${place}"></div></section>`,
    )
    .join("\n");
  // Functions, so that a $ in the text means nothing.
  return page
    .replace("<!--body-->", () => `<main class="plans-${plans.length}">${body}</main>`)
    .replace("<!--data-->", () => JSON.stringify({ plans: data }).replaceAll("<", String.raw`\u003c`));
}

function findingsOf({ how, plan, findings }: ExplainedPlan, title: string): string {
  const items = findings.map(
    (one) =>
      `<li><b>${escaped(one.title)}</b> (${one.severity}${one.share === null ? "" : `, ${Math.round(one.share * 100)} %`})<br>${escaped(one.message)}<br><i>${escaped(one.mechanism)}</i><br>Remedy: ${escaped(one.remedy)}</li>`,
  );
  const list = items.length === 0 ? `<p>${escaped(silence(plan))}</p>` : `<ul>${items.join("")}</ul>`;
  return `<div class="findings"><h1 class="h4">${title === "" ? "Query plan" : escaped(title)}</h1><p>${escaped(how)}</p>${list}</div>`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
