import { roundTrips } from "../testing.test-data.ts";

roundTrips([
  {
    name: "all commands, permissive and restrictive",
    sql: `create table t (a int, owner text); alter table t enable row level security; create policy p1 on t using (owner = current_user); create policy "p ""2" on t as restrictive for select to app, reader using (a > 0 and owner in ('x', 'y')); create policy p3 on t for insert to app with check (a < 5); create policy p4 on t for update using (true) with check (false); create policy p5 on t for delete to current_user using (true); comment on policy p1 on t is 'own rows'`,
    has: [
      { kind: "policy", name: "p1", command: "all", roles: ["public"], comment: "own rows" },
      { kind: "policy", name: 'p "2', permissive: false, command: "select", roles: ["app", "reader"] },
      { kind: "role", name: "app", login: false },
    ],
  },
  {
    name: "a policy that reads another table and calls a function",
    sql: `create table z (id int primary key); create function mine() returns int language sql stable as 'select 1'; create table a (z int); alter table a enable row level security; create policy p on a using (exists (select 1 from z where z.id = a.z and z.id = mine()))`,
    has: [
      {
        kind: "policy",
        dependsOn: ["column public.a.z", "column public.z.id", "function public.mine", "table public.a"],
      },
    ],
  },
]);
