/*
 * What clients put around a plan's lines. Nothing here looks for a pattern behind blanks of any number: deep plans are
 * indented by thousands, and a pattern that may begin at each of them takes the cube of that.
 */

const BARS = /[|│║]$/;

/** The lines of a plan without frames, quotes, marks of lines that go on, and what a mail or a chat puts before them. */
export function planLines(text: string): readonly string[] {
  return text.split("\n").map(unframed);
}

function unframed(line: string): string {
  let text = line.replaceAll("\u00A0", " ").replaceAll("\t", "    ").trimEnd();
  if (text.startsWith("> ")) text = text.slice(2);
  // psql's expanded form names the column before each row's first line.
  const frame = /^ *(?:QUERY PLAN *)?[|│║]/.exec(text);
  if (frame !== null) {
    text = text.slice(frame[0].length);
    if (BARS.test(text)) text = text.slice(0, -1).trimEnd();
  }
  if (text.endsWith("+")) text = text.slice(0, -1).trimEnd();
  if (text.length > 1 && text.startsWith('"') && text.endsWith('"')) text = text.slice(1, -1).replaceAll('""', '"');
  return text;
}

/** Whether a line is a client's alone: a title, a rule, a count of rows, a fence. */
export function isFrame(line: string): boolean {
  const text = line.trim();
  return (
    text === "" ||
    text === "QUERY PLAN" ||
    text.startsWith("```") ||
    /^[-+─═┌├└┐┤┘┬┴┼╔╠╚╗╣╝╟╢]+$/.test(text) ||
    /^-\[ RECORD \d+ \][-+]*$/.test(text) ||
    /^\(\d+ rows?\)$/.test(text)
  );
}
