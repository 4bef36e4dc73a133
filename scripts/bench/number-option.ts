/** The number behind an option of the command line, or what holds without it. Throws for anything else. */
export function numberOption(flag: string, otherwise: number): number {
  const at = process.argv.indexOf(flag);
  if (at === -1) return otherwise;
  const number = Number(process.argv[at + 1]);
  if (!Number.isSafeInteger(number) || number < 1) throw new Error(`${flag} wants a whole number`);
  return number;
}

/** The positive number, whole or not, behind an option of the command line, or what holds without it. Throws else. */
export function decimalOption(flag: string, otherwise: number): number {
  const at = process.argv.indexOf(flag);
  if (at === -1) return otherwise;
  const number = Number(process.argv[at + 1]);
  if (!(number > 0 && number < Number.POSITIVE_INFINITY)) throw new Error(`${flag} wants a number above zero`);
  return number;
}
