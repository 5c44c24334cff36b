/** Requests to the API server. */
import { createHash } from 'node:crypto';
import type { ConnectionOptions as TlsOptions } from 'node:tls';
import { Agent, type Dispatcher, ProxyAgent } from 'undici';
import type { EpochMs } from '../domain/time.ts';
import { retryAfterMs } from './backoff.ts';
import { type Access, type Credentials, KubeConfigError } from './kube-config.ts';
import { describe } from './stream-failures.ts';
import type { Failure } from './stream-state.ts';
import { serverStatus, tryParse } from './watch-line.ts';

/** A request that was not answered with 200 and a body. */
export class RequestError extends Error {
  override name = 'RequestError';
  readonly failure: Failure;

  constructor(failure: Failure, cause?: unknown) {
    super(describe(failure), { cause });
    this.failure = failure;
  }
}

export interface RequestOptions {
  readonly signal: AbortSignal;
  /** Default: JSON. */
  readonly accept?: string;
  /** Load the configuration afresh before asking, because the credentials were refused. */
  readonly renewCredentials?: boolean;
}

/** What a stream needs of the network; tests may bring their own. */
export interface Transport {
  /** The body of the answer, which `read` may take as it comes. @throws RequestError */
  request(path: string, options: RequestOptions): Promise<AsyncIterable<Uint8Array>>;
  /** Cuts what is open. No request may follow. */
  close(): Promise<void>;
}

const ERROR_BODY_BYTES = 64 * 1024;

/**
 * One stream's connections. Each stream has its own Agent over HTTP/1.1: with HTTP/2 all watches would share one
 * connection, and one slow reader or one frozen socket would stop them all.
 */
export class Connection implements Transport {
  readonly #access: Access;
  readonly #now: () => EpochMs;
  readonly #warned: (warning: string) => void;
  /** The configuration of the last request: the one to replace when it is refused. */
  #usedGeneration: object | undefined;
  #agent: { readonly key: string; readonly dispatcher: Dispatcher } | undefined;

  constructor(access: Access, now: () => EpochMs, warned: (warning: string) => void) {
    this.#access = access;
    this.#now = now;
    this.#warned = warned;
  }

  async request(
    path: string,
    { signal, accept = 'application/json', renewCredentials = false }: RequestOptions,
  ): Promise<AsyncIterable<Uint8Array>> {
    // A plugin may take minutes (it may wait for a person); stopping does not wait for it.
    const { headers, tls } = await unlessAborted(this.#credentials(renewCredentials), signal);
    const url = new URL(this.#access.server + path);
    let answer: Dispatcher.ResponseData;
    try {
      answer = await this.#dispatcher(tls).request({
        origin: url.origin,
        path: url.pathname + url.search,
        method: 'GET',
        headers: { accept, 'user-agent': 'kube-flipbook', ...headers },
        signal,
      });
    } catch (error) {
      throw connectionError(error);
    }
    for (const warning of [answer.headers.warning ?? []].flat()) this.#warned(warning);
    if (answer.statusCode !== 200) throw await this.#refused(answer);
    return readBody(answer.body);
  }

  async close(): Promise<void> {
    const agent = this.#agent;
    this.#agent = undefined;
    await agent?.dispatcher.destroy();
  }

  async #credentials(renew: boolean): Promise<Credentials> {
    try {
      if (renew) this.#access.renew(this.#usedGeneration ?? this.#access.generation);
      this.#usedGeneration = this.#access.generation;
      return await this.#access.credentials();
    } catch (error) {
      // A plugin's message is its standard error, which may quote what it was given: only its kind is told.
      const what =
        error instanceof KubeConfigError
          ? error.message
          : ((error as NodeJS.ErrnoException).code ?? 'the authentication plugin failed');
      throw new RequestError({ kind: 'credentials', message: `no credentials: ${what}` });
    }
  }

  /** A new Agent when certificates changed; the old one finishes what it is doing. */
  #dispatcher(tls: TlsOptions): Dispatcher {
    const key = fingerprint(tls);
    if (this.#agent?.key === key) return this.#agent.dispatcher;
    void this.#agent?.dispatcher.close();
    const options = {
      allowH2: false,
      // The stream's own deadlines abort what is silent; undici's 300 s would cut a quiet watch.
      bodyTimeout: 0,
      headersTimeout: 0,
      // Longer than the time between two probes, or each of them would make a connection of its own.
      keepAliveTimeout: 60_000,
      connect: { ...tls, keepAlive: true, keepAliveInitialDelay: 30_000, timeout: 10_000 },
    };
    const { proxy } = this.#access;
    const dispatcher = proxy === undefined ? new Agent(options) : new ProxyAgent({ ...options, uri: proxy, requestTls: tls });
    this.#agent = { key, dispatcher };
    return dispatcher;
  }

  async #refused({ statusCode, headers, body }: Dispatcher.ResponseData): Promise<RequestError> {
    const raw = await firstBytes(body);
    const json = tryParse(raw);
    const status = serverStatus(json);
    const text = json === undefined && !/^\s*</.test(raw.toString()) ? raw.toString().trim() : '';
    const header = [headers['retry-after']].flat()[0];
    const retryAfter =
      retryAfterMs(header, this.#now()) ??
      (status.retryAfterSeconds === undefined ? undefined : status.retryAfterSeconds * 1_000);
    return new RequestError({
      kind: 'http',
      status: statusCode,
      reason: status.reason,
      message: status.message || text,
      causes: status.causes,
      ...(retryAfter === undefined ? {} : { retryAfterMs: retryAfter }),
    });
  }
}

/** All of a body. @throws RequestError when it breaks off. */
export async function wholeBody(body: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return chunks.length === 1 ? (chunks[0] as Uint8Array) : Buffer.concat(chunks);
}

async function unlessAborted<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(signal.reason);
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort);
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

async function* readBody(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    throw connectionError(error);
  }
}

async function firstBytes(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of body) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes >= ERROR_BODY_BYTES) break;
    }
  } catch {
    // The status code alone says enough.
  }
  return Buffer.concat(chunks).subarray(0, ERROR_BODY_BYTES);
}

function connectionError(error: unknown): RequestError {
  if (error instanceof RequestError) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  // Node tries every address of a name and reports them together, without a message of its own.
  const inner = error instanceof AggregateError ? (error.errors[0] as Error | undefined)?.message : undefined;
  return new RequestError(
    { kind: 'connection', message: inner ?? ([code, message].filter(Boolean).join(': ') || 'the connection failed') },
    error,
  );
}

function fingerprint(tls: TlsOptions): string {
  const hash = createHash('sha256');
  for (const [name, value] of Object.entries(tls).sort(([a], [b]) => (a < b ? -1 : 1))) hash.update(`${name}=${String(value)};`);
  return hash.digest('hex');
}
