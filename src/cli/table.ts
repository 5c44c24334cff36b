/** Tables and facts for people: aligned columns, no borders, made safe for terminals cell by cell. */
import { type Colour, type Output, printable } from './output.ts';

export interface Column {
  readonly heading: string;
  readonly align?: 'left' | 'right';
}

export type Cell = string | number | { readonly text: string; readonly colour: Colour | undefined } | undefined;

const SPACE_BETWEEN = '  ';

/**
 * Formats rows in batches. Widths only grow: a batch that needs more room than those before widens its own lines and
 * the later ones, so that a table of any length is written with the memory of one batch.
 */
export class Table {
  readonly #columns: readonly Column[];
  readonly #widths: number[];
  readonly #output: Output;
  #headed = false;

  constructor(output: Output, columns: readonly Column[]) {
    this.#output = output;
    this.#columns = columns;
    this.#widths = columns.map(({ heading }) => heading.length);
  }

  /** The lines of these rows, the first time with the headings above. No rows give no lines. */
  lines(rows: readonly (readonly Cell[])[]): string {
    if (rows.length === 0) return '';
    const texts = rows.map((row) => row.map(textOf));
    for (const row of texts) {
      row.forEach((text, index) => {
        this.#widths[index] = Math.max(this.#widths[index] ?? 0, widthOf(text));
      });
    }
    let lines = '';
    if (!this.#headed) {
      this.#headed = true;
      lines += this.#line(
        this.#columns.map(({ heading }) => heading),
        () => 'dim',
      );
    }
    rows.forEach((row, index) => {
      lines += this.#line(texts[index] as string[], (column) => colourOf(row[column]));
    });
    return lines;
  }

  #line(texts: readonly string[], colour: (column: number) => Colour | undefined): string {
    const last = this.#columns.length - 1;
    const cells = this.#columns.map(({ align }, index) => {
      const text = texts[index] ?? '';
      const padding = ' '.repeat((this.#widths[index] ?? 0) - widthOf(text));
      const painted = text === '' ? '' : this.#output.paint(text, colour(index));
      if (align === 'right') return padding + painted;
      return index === last ? painted : painted + padding;
    });
    return `${cells.join(SPACE_BETWEEN).trimEnd()}\n`;
  }
}

/** `Label   value` lines with aligned values; a value of several lines continues under its first. */
export function facts(output: Output, rows: readonly (readonly [label: string, value: Cell | readonly Cell[]])[]): string {
  const width = Math.max(...rows.map(([label]) => label.length));
  let lines = '';
  for (const [label, value] of rows) {
    const values = isList(value) ? value : [value];
    values.forEach((each, index) => {
      const head = (index === 0 ? label : '').padEnd(width);
      lines += `${`${output.paint(head, 'dim')}${SPACE_BETWEEN}${output.paint(textOf(each), colourOf(each))}`.trimEnd()}\n`;
    });
  }
  return lines;
}

function isList(value: Cell | readonly Cell[]): value is readonly Cell[] {
  return Array.isArray(value);
}

function textOf(cell: Cell): string {
  if (cell === undefined) return '';
  return printable(typeof cell === 'object' ? cell.text : String(cell));
}

function colourOf(cell: Cell): Colour | undefined {
  return typeof cell === 'object' ? cell.colour : undefined;
}

/** Names of Kubernetes objects are ASCII; for the rest, one column a code point is near enough. */
function widthOf(text: string): number {
  return [...text].length;
}
