/* The page of `explain --html`: draws the plans that the page itself holds. */
import { createApp, h } from "vue";
import { Plan } from "pev2";
import "bootstrap/dist/css/bootstrap.css";
import "pev2/dist/pev2.css";

const { plans } = JSON.parse(document.getElementById("data").textContent);
for (const [place, { plan, sql }] of plans.entries()) {
  const host = document.getElementById(`plan-${place}`);
  createApp({ render: () => h(Plan, { planSource: plan, planQuery: sql ?? "" }) }).mount(host);
}
