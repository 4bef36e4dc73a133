import { describe, it } from "vitest";
import { check, pattern } from "./problems.test-data.ts";

describe("access patterns", () => {
  it.each<[string, string[]]>([
    [
      "read: task\nwhere: { project: eq, status: [todo, done], due_on: range, title: prefix, assignee: is-null, id: eq, project.name: eq }\norder: [due_on, created_at desc]\nwith: [project.name]\nfields: [title]\nlimit: 5\nrate: 5/s\np95: 20 ms\nstaleness: 1 h\nacross_tenants: true\nabout: x",
      [],
    ],
    ["raed: task", ['unknown key "raed"', "a pattern without an operation"].toReversed()],
    ["read: task\ninsert: task", ["read and insert in one pattern"]],
    ["read: tsak", ['unknown name "tsak" … did you mean task?']],
    ["read: note\nwhere: { about: eq, about.task: eq, about.project: is-null, readers: eq, readers.name: eq }", []],
    [
      "read: note\nwhere: { about.title: eq }",
      ["about may refer to task or project: no field of it is certain … about.task"],
    ],
    ["read: note\norder: readers", ['note has no field or reference "readers"']],
    ["read: note\nwhere: { raeders: eq }", ["did you mean readers?"]],
    ["read: task\nwhere: { statsu: eq }", ['task has no field or reference "statsu" … did you mean status?']],
    ["read: task\nwhere: { project.nmae: eq }", ['project has no field or reference "nmae" … did you mean name?']],
    ["read: task\nwhere: { title.x: eq }", ["title is a field: nothing can follow it"]],
    ["read: task\nwhere: { project.name.x: eq }", ["is too long"]],
    ["read: task\nwhere: { status: equals }", ['unknown comparison "equals"']],
    ["read: task\nwhere: { status: = tood }", ['"tood" is no value of status … did you mean todo?']],
    ["read: task\nwhere: { status: 'in(todo, dne)' }", ['"dne" is no value of status']],
    ["read: task\nwhere: { status: range }", ["range of an enum"]],
    ["read: task\nwhere: { project: prefix }", ["prefix of a reference"]],
    ["read: task\nwhere: { due_on: contains }", ["contains in a date"]],
    ["read: task\nwhere: { title: is-null }", ["is required, so never null"]],
    ["read: task\norder: due_on dsc", ['unknown direction "dsc" … did you mean desc?']],
    ["read: task\nlimit: 0", ['a limit of "0"']],
    ["read: task\nlimit: many", ['a limit of "many"']],
    ["read: task\nset: [title]", ["set makes no sense in a read"]],
    ["insert: task\norder: title", ["order makes no sense in an insert"]],
    ["update: task\nwhere: { id: eq }", ["an update without set"]],
    ["update: task\nset: [title]", ["an update without where"]],
    ["update: task\nwhere: { id: eq }\nset: [started_at]", ["started_at is immutable"]],
    ["update: event\nwhere: { id: eq }\nset: [at]", ["event is append-only"]],
    ["delete: event\nwhere: { id: eq }", ["event is append-only … retention"]],
    ["search: task", ["task has nothing to search in … search: [title]"]],
    ["aggregate: count of task\nby: [project.name, month]\nwhere: { started_at: range }", []],
    ["aggregate: sum(started_at) of task", []],
    ["aggregate: total of task", ["count of task, or sum(amount) of payment"]],
    ["aggregate: sum of task", ["what to sum"]],
    ["aggregate: sum(durration) of task", ['task has no field "durration"']],
    ["aggregate: sum(a; drop table b) of task", ['a ";" in a condition']],
    ["aggregate: count of tsak", ['no entity is called "tsak"']],
    ["aggregate: count of project\nby: month", ["project has no time to group by month"]],
    ["read: task\nrate: 5", ['"5" has no unit of time']],
    ["read: task\nrate: 5/sec", ['unknown unit of time "sec" … did you mean /s?']],
    ["read: task\nrate: 0/s", ["a rate of nothing"]],
    ["read: task\np95: 20", ['"20" has no unit … 20 ms']],
    ["read: task\np95: 0 ms", ["a p95 of nothing"]],
    ["read: task\np95: -20 ms", ["is negative"]],
  ])("%s", (body, expected) => {
    check(pattern(body), expected);
  });
});
