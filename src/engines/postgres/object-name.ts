const BYTES_MAX = 63;
const bytes = (text: string): number => Buffer.byteLength(text);

// Cut by bytes, at a character's border.
function clipped(text: string, bytesMax: number): string {
  let kept = "";
  for (const character of text) {
    if (bytes(kept) + bytes(character) > bytesMax) break;
    kept += character;
  }
  return kept;
}

/**
 * The name the server gives to what hangs on a table and column, or a domain alone (`orders_id_seq`) where the user gives
 * none and nothing else has it: makeObjectName in the server's indexcmds.c. The longer of the two names
 * is cut until all fits in 63 bytes.
 */
export function objectName(table: string, column: string | null, label: string): string {
  if (column === null) return `${clipped(table, BYTES_MAX - bytes(label) - 1)}_${label}`;
  const room = BYTES_MAX - bytes(label) - 2;
  let [first, second] = [bytes(table), bytes(column)];
  while (first + second > room) {
    if (first > second) first--;
    else second--;
  }
  return `${clipped(table, first)}_${clipped(column, second)}_${label}`;
}
