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

/** Text from a file or service without control characters, so that it cannot drive the terminal. */
export function printable(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ');
}
