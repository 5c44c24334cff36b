/** Figures as a Markdown table: it reads well on a terminal and can stand in docs/BENCHMARKS.md as it is. */
import { type Figure, isMet } from './figure.ts';

const HEAD = ['figure', 'measured', 'goal', 'met', 'from'] as const;

export function figureTable(figures: readonly Figure[]): string {
  return table(HEAD, figures.map(cells));
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((heading, column) => Math.max(heading.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) => `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}

function cells(figure: Figure): string[] {
  const { what, value, unit, goal, from } = figure;
  if (goal === undefined) return [what, amount(value, unit), '', '', from];
  const limit = 'most' in goal ? `≤ ${amount(goal.most, unit)}` : `≥ ${amount(goal.least, unit)}`;
  return [what, amount(value, unit), limit, isMet(value, goal) ? 'yes' : 'no', from];
}

function amount(value: number, unit: Figure['unit']): string {
  const digits = Math.abs(value) >= 100 || Number.isInteger(value) ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  const text = value.toFixed(digits);
  return unit === '×' || unit === '%' ? `${text} ${unit}`.replace(' ×', '×') : `${text} ${unit}`;
}
