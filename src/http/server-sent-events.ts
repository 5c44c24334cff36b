/** The wire format of server-sent events (WHATWG HTML, "Server-sent events"), and what Flipbook says in it. */
import type { FlipAnswer, LogEventAnswer } from '../history/answers.ts';
import type { CoverageMessage, FlipsMessage } from './contract.ts';

/** One event. `data` is JSON, which has no line breaks. */
export function formatEvent(event: string, id: number, data: unknown): string {
  return `event: ${event}\nid: ${id}\ndata: ${JSON.stringify(data)}\n\n`;
}

/**
 * Moves the client's last event id without an event: a client that has seen nothing yet then resumes from where it
 * began to listen, and one that saw only quiet growth of the log does not read it again.
 */
export const formatId = (id: number): string => `id: ${id}\n\n`;

/** A comment keeps proxies from closing a quiet stream. */
export const HEARTBEAT = ': still here\n\n';

export const formatRetry = (ms: number): string => `retry: ${ms}\n\n`;

/** News as events in order of position: the flips of one event together, each ledger event alone. */
export function formatNews(flips: readonly FlipAnswer[], ledger: readonly LogEventAnswer[]): string {
  const flipsByPosition = new Map<number, FlipAnswer[]>();
  for (const flip of flips) {
    const together = flipsByPosition.get(flip.position);
    if (together) together.push(flip);
    else flipsByPosition.set(flip.position, [flip]);
  }
  const events: { position: number; text: string }[] = [];
  for (const [position, items] of flipsByPosition) {
    events.push({ position, text: formatEvent('flips', position, { position, items } satisfies FlipsMessage) });
  }
  for (const event of ledger) {
    events.push({ position: event.position, text: formatEvent('coverage', event.position, coverageMessage(event)) });
  }
  return events
    .sort((a, b) => a.position - b.position)
    .map(({ text }) => text)
    .join('');
}

function coverageMessage({ position, at, cluster, stream, type, fact }: LogEventAnswer): CoverageMessage {
  const reason = fact?.reason as { code?: unknown; detail?: unknown } | undefined;
  return {
    position,
    at,
    cluster,
    stream,
    type,
    ...(typeof reason?.code === 'string' ? { reason: reason.code } : {}),
    ...(typeof reason?.detail === 'string' ? { detail: reason.detail } : {}),
  };
}
