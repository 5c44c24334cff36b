/** Times as people type them. The server understands the same three forms, so what is typed is sent as it is. */

const RFC3339 = /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:[Zz]|[+-]\d{2}:\d{2})$/;
const PLAIN = /^(\d{4}-\d{2}-\d{2})[Tt ](\d{2}:\d{2})(:\d{2})?(\.\d{1,3})?$/;
const RELATIVE = /^now(?:([+-])(\d+(?:\.\d+)?)(ms|s|m|h|d|w))?$/;
const UNIT_MS: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };
const MAX_INSTANT = 253_402_300_799_999;

/** `now`, `now-15m`: an instant that moves. */
export const isRelative = (text: string): boolean => RELATIVE.test(text.trim());

/** The instant in epoch milliseconds, or `undefined` for text that is not a time. A plain date and time is read as UTC. */
export function parseTimeText(text: string, now: number): number | undefined {
  const trimmed = text.trim();
  const relative = RELATIVE.exec(trimmed);
  if (relative) {
    const offset = Number(relative[2] ?? 0) * (UNIT_MS[relative[3] ?? 's'] ?? 0);
    return inRange(relative[1] === '-' ? now - offset : now + offset);
  }
  if (/^\d{1,15}$/.test(trimmed)) return inRange(Number(trimmed));
  const plain = PLAIN.exec(trimmed);
  const rfc = plain ? `${plain[1]}T${plain[2]}${plain[3] ?? ':00'}${plain[4] ?? ''}Z` : trimmed;
  if (!RFC3339.test(rfc)) return undefined;
  const at = Date.parse(rfc.toUpperCase().replace(' ', 'T'));
  // Date.parse takes the 31st of a shorter month for a day of the next one.
  const day = Number(rfc.slice(8, 10));
  if (Number.isNaN(at) || new Date(`${rfc.slice(0, 10)}T00:00:00Z`).getUTCDate() !== day) return undefined;
  return inRange(at);
}

/** What the server is sent, and the URL holds: relative times as typed, all others as RFC 3339 UTC. */
export function canonicalTime(text: string, now: number): string | undefined {
  if (isRelative(text)) return text.trim();
  const at = parseTimeText(text, now);
  return at === undefined ? undefined : new Date(at).toISOString();
}

function inRange(at: number): number | undefined {
  return at >= 0 && at <= MAX_INSTANT ? Math.trunc(at) : undefined;
}
