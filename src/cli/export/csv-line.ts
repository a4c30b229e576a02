/**
 * A line of CSV as RFC 4180 has it, without its end. Nothing is an empty field; what is no text, number or boolean is JSON.
 * @param values by column, of which some may be absent
 */
export function csvLine(columns: readonly string[], values: Readonly<Record<string, unknown>>): string {
  return columns.map((column) => field(values[column])).join(',');
}

function field(value: unknown): string {
  const text = plain(value);
  const isPlain = !/[",\r\n]/.test(text) && text.trim() === text;
  return isPlain ? text : `"${text.replaceAll('"', '""')}"`;
}

function plain(value: unknown): string {
  if (value === null || value === undefined) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value as string | number | boolean);
}
