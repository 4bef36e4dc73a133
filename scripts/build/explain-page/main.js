/* The page of `explain --html`: draws the plans that the page itself holds. */
import { createApp, h } from "vue";
import { Plan } from "pev2";
// oxlint-disable-next-line import/no-unassigned-import -- styles
import "bootstrap/dist/css/bootstrap.css";
// oxlint-disable-next-line import/no-unassigned-import -- styles
import "pev2/dist/pev2.css";

/** @type {{ plans: readonly { plan: string, sql: string | null }[] }} */
// oxlint-disable-next-line typescript/no-unsafe-assignment -- the page writes it, and this is no TypeScript
const held = JSON.parse(document.getElementById("data").textContent);
const { plans } = held;
const program = document.currentScript.textContent;

// pev2 keeps one plan's state for a whole page, so that each of several has a page of its own within this one.
function pageOf(plan) {
  const styles = [...document.querySelectorAll("style")].map(({ textContent }) => `<style>${textContent}</style>`);
  const data = JSON.stringify({ plans: [plan] }).replaceAll("<", "\\u003c");
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>Query plan</title>${styles.join("")}<body>
<div class="drawing whole" id="plan-0"></div><script type="application/json" id="data">${data}</script>
<script>${program}</script></body></html>`;
}

for (const [place, plan] of plans.entries()) {
  const host = document.getElementById(`plan-${place}`);
  if (plans.length === 1) {
    createApp({ render: () => h(Plan, { planSource: plan.plan, planQuery: plan.sql ?? "" }) }).mount(host);
    continue;
  }
  const frame = document.createElement("iframe");
  frame.title = `Plan ${place + 1}`;
  frame.srcdoc = pageOf(plan);
  host.append(frame);
}
