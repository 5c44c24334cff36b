/** Which rows must be drawn for the part that is scrolled into sight. */
/** Row height in pixels. A single backend gets a tall lane. */
export const rowHeight = (lanes: number): number => (lanes <= 1 ? 56 : 18);

export interface VisibleRows {
  readonly first: number;
  /** Exclusive. */
  readonly end: number;
}

/** Rows that touch the viewport, with `spare` more on each side. */
export function visibleRows(count: number, height: number, scrollTop: number, viewport: number, spare = 2): VisibleRows {
  const first = Math.min(count, Math.max(0, Math.floor(scrollTop / height) - spare));
  const end = Math.max(first, Math.min(count, Math.ceil((scrollTop + viewport) / height) + spare));
  return { first, end };
}
