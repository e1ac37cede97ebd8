import type { Fault } from '../domain/result.ts';

/** Rows as columns that line up, two spaces apart; the first row is the heading. Lines carry no trailing blanks. */
export function renderTable(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, cell.length);
  }
  return rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ').trimEnd()).join('\n');
}

/** JSON for machines, indented by two. */
export function renderJson(value: unknown): string {
  return JSON.stringify(value, null, 2);
}

/** `3 faults`, `1 fault`. */
export function renderCount(count: number, noun: { readonly one: string; readonly many: string }): string {
  return `${count} ${count === 1 ? noun.one : noun.many}`;
}

/** A fault as two lines: place, code and sentence; then what to do. `place` is `file:line:column` or a file. */
export function renderFault(fault: Fault, place: string): string {
  return `${place}: ${printable(fault.message)} [${fault.code}]\n    ${printable(fault.remedy)}`;
}

/** Text from a file or service as it is safe to show: no control characters, and marks that would turn or hide text named. */
export function printable(text: string): string {
  return text
    .replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
    .replace(/[\p{Cf}\p{Cs}\p{Co}\p{Default_Ignorable_Code_Point}]/gu, (character) => `<U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}>`);
}
