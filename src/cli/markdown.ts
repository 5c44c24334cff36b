/** Text from a cluster inside Markdown. */

/** Marks that reorder text, and what ends a line or is no character at all. */
const UNSHOWABLE = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]+/gu;
/** All that CommonMark and GitHub's tables give a meaning to inside a line. */
const MARKUP = /[\\`*_[\]<>#|~&$]/g;
/** What would become a link without any markup: the address itself. */
const BARE_LINK = /:(?=\/\/)|(?<=\bwww)\./gi;

/** Object content as plain words: no markup, no cell or line break of it comes through. */
export function escapeMarkdown(text: string): string {
  return text.replace(UNSHOWABLE, ' ').replace(MARKUP, '\\$&').replace(BARE_LINK, '\\$&').trim();
}

/** A table row; the cells are escaped. */
export function tableRow(cells: readonly string[]): string {
  return `| ${cells.map(escapeMarkdown).join(' | ')} |`;
}
