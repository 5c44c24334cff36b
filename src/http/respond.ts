/** How answers leave: whole as JSON, or streamed piece by piece as fast as the client takes them. */
import type { Context, TypedResponse } from 'hono';
import type { Log } from '../domain/log.ts';
import type { HttpEnv } from './environment.ts';

const encoder = new TextEncoder();

/** An answer may contain names that belong to nobody else, and the log grows: no cache in between keeps it. */
const NO_STORE = { 'Cache-Control': 'no-store' };

export type JsonAnswer<T> = Response & TypedResponse<T, 200, 'json'>;

/** A whole answer. */
export function sendJson<T>(c: Context<HttpEnv>, answer: T): JsonAnswer<T> {
  return sendJsonBytes<T>(c, encoder.encode(JSON.stringify(answer)));
}

/** A whole answer that is JSON already. Its length is told, so that small ones are not compressed. */
export function sendJsonBytes<T>(c: Context<HttpEnv>, json: Uint8Array, headers: Record<string, string> = {}): JsonAnswer<T> {
  const response: Response = c.body(json as Uint8Array<ArrayBuffer>, 200, {
    'Content-Type': 'application/json',
    'Content-Length': String(json.byteLength),
    ...NO_STORE,
    ...headers,
  });
  return response as JsonAnswer<T>;
}

/**
 * Streams text that is made while it is read: the next piece is asked for only when the client has taken the one
 * before, so memory stays flat however long the answer and however slow the client.
 *
 * The first piece is made before the answer begins: what goes wrong up to there is thrown, and becomes a problem
 * document. After that the connection is broken off, so that nobody takes the part for the whole.
 */
export async function sendStream(
  c: Context<HttpEnv>,
  pieces: AsyncGenerator<string, void, void>,
  options: {
    /** Asked for once the first piece is there. */
    headers: () => Record<string, string>;
    log: Log;
    /** Aborted when the client leaves, for a generator that may be waiting for something just then. */
    left?: AbortController;
  },
): Promise<Response> {
  const first = await pieces.next();
  const headers = { ...NO_STORE, ...options.headers() };
  if (c.req.method === 'HEAD') {
    await pieces.return();
    return c.body(null, 200, headers);
  }
  let isRead = true;
  let ahead: IteratorResult<string, void> | undefined = first;
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const piece = ahead ?? (await pieces.next());
          ahead = undefined;
          // The client may have gone while the piece was made.
          if (!isRead) return;
          if (piece.done) controller.close();
          else controller.enqueue(encoder.encode(piece.value));
        } catch (error) {
          if (!isRead) return;
          options.log.error(
            { err: error, requestId: c.var.requestId, path: c.req.path },
            'an answer broke off while it was streamed',
          );
          breakOff(c, controller);
        }
      },
      async cancel() {
        isRead = false;
        options.left?.abort();
        await pieces.return();
      },
    },
    { highWaterMark: 0 },
  );
  return c.body(body, 200, headers);
}

function breakOff(c: Context<HttpEnv>, controller: ReadableStreamDefaultController): void {
  const outgoing = c.env?.outgoing;
  // Without a port there is only the stream to fail. With one, destroying the socket is what the client sees; failing
  // the stream as well would make the adapter print the error a second time.
  if (outgoing === undefined) controller.error(new Error('the answer broke off'));
  else outgoing.destroy();
}
