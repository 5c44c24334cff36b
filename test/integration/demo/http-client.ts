/** A plain client for the demo API server: what it answers, and the lines of a watch as they come. */

/** An object, a List, a watch event or a Status as it came over the wire. */
// biome-ignore lint/suspicious/noExplicitAny: tests look into bodies of many shapes
export type Wire = any;

export async function get(
  url: string,
  headers: Record<string, string> = {},
): Promise<{ status: number; body: Wire; headers: Headers }> {
  const response = await fetch(url, { headers });
  const text = await response.text();
  const json = response.headers.get('content-type') === 'application/json';
  return { status: response.status, body: json ? JSON.parse(text) : text, headers: response.headers };
}

export interface Watch {
  readonly status: number;
  /** The next event. `undefined` when the answer has ended. */
  next(): Promise<Wire | undefined>;
  /** The next `count` events. */
  take(count: number): Promise<Wire[]>;
  /** All events until the answer ends. */
  rest(): Promise<Wire[]>;
  cancel(): void;
}

export async function watch(url: string): Promise<Watch> {
  const abort = new AbortController();
  const response = await fetch(url, { signal: abort.signal });
  const events = linesOf(response);
  const next = async () => {
    const { done, value } = await events.next();
    return done ? undefined : JSON.parse(value);
  };
  const collect = async (wanted: number) => {
    const all: Wire[] = [];
    while (all.length < wanted) {
      const event = await next();
      if (event === undefined) break;
      all.push(event);
    }
    return all;
  };
  return {
    status: response.status,
    next,
    take: collect,
    rest: () => collect(Number.POSITIVE_INFINITY),
    cancel: () => abort.abort(),
  };
}

async function* linesOf(response: Response): AsyncGenerator<string, void> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of response.body ?? []) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
}
