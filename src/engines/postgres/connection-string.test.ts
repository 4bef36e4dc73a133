import { expect, test } from "vitest";
import { withoutSecrets } from "./connection-string.ts";

test.each([
  ["host=h dbname=d user=u password=p", "host=h dbname=d user=u", ["password"]],
  ["host = 'a b' password = 'it\\'s \\\\' dbname=x", "host='a b' dbname=x", ["password"]],
  ["password='' host=h", "host=h", ["password"]],
  ["host=h sslpassword=s passfile=/a sslkey=/k", "host=h passfile=/a sslkey=/k", ["sslpassword"]],
  ["host=h PASSWORD=p", "host=h", ["PASSWORD"]],
  ["", "", []],
  ["postgresql://u:p@h:5432,g:1/d?sslmode=require", "postgresql://u@h:5432,g:1/d?sslmode=require", ["password"]],
  ["postgres://u:p%40@h/d?password=q&x=1", "postgres://u@h/d?x=1", ["password", "password"]],
  ["postgres://u:a@b@h/d", "postgres://u@h/d", ["password"]],
  ["postgres://h/d", "postgres://h/d", []],
  ["not a connection string at all", null, []],
  ["host='unfinished", null, []],
])("%s", (given, text, secrets) => {
  const open = withoutSecrets(given);
  expect(open?.text ?? null).toBe(text);
  expect(open?.secrets ?? []).toEqual(secrets);
});
