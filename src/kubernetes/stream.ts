/** Drives one stream's state machine: does its effects, and tells it what happened. */
import { setImmediate as turn } from 'node:timers/promises';
import type { Log } from '../domain/log.ts';
import { type Resource, resourceNamed, type StreamKey, streamName, streamPath } from '../domain/resources.ts';
import type { BatchSink, EndReasonCode, StreamBatch } from '../domain/stream-batch.ts';
import type { EpochMs } from '../domain/time.ts';
import type { AddressListParser } from './address-list-parser.ts';
import type { Clock } from './clock.ts';
import { RequestError, type RequestOptions, type Transport, wholeBody } from './connection.ts';
import { LineSplitter } from './line-splitter.ts';
import { receiveList, receiveListVersion, UndecodableError } from './received.ts';
import type { WatchSettings } from './settings.ts';
import { initialState, step, wakeAt } from './stream-machine.ts';
import type { Effect, Failure, Input, Moment, Phase, RequestId, StreamState } from './stream-state.ts';
import { decodeWatchLine, trimmedEnd, type WatchEvent } from './watch-line.ts';

/** A list of which only the version matters is asked for without the objects' content. */
const METADATA_ONLY = 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json';

/** Called as things happen, for metrics. Must not throw. */
export interface WatchObserver {
  requested?(stream: StreamKey, what: 'list' | 'version' | 'watch'): void;
  received?(stream: StreamKey, bytes: number): void;
  failed?(stream: StreamKey, failure: Failure): void;
  committed?(stream: StreamKey, batch: StreamBatch): void;
  commitFailed?(stream: StreamKey, error: Error): void;
}

/**
 * Asked before a stream goes on after an error or a lost cursor: whether the server still belongs to the cluster that is
 * recorded.
 *
 * @throws RequestError when it does not, or does not say; the stream then does not go on.
 */
export type ConfirmCluster = (transport: Transport, options: RequestOptions) => Promise<void>;

export interface StreamDependencies {
  readonly transport: Transport;
  readonly sink: BatchSink;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  readonly log: Log;
  readonly settings: WatchSettings;
  readonly observer: WatchObserver;
  readonly confirmCluster?: ConfirmCluster | undefined;
  /** For the objects that a watch brings; all streams may share one. */
  readonly parser: AddressListParser;
}

export interface StreamStatus {
  readonly stream: StreamKey;
  readonly phase: Phase['name'];
  /** The version to resume from. Absent before the first complete state. */
  readonly cursor?: string;
  /** Up to when the stream is proven complete. */
  readonly provenAt?: EpochMs;
  /** Why the ledger shows a gap that is still open. */
  readonly interrupted?: EndReasonCode;
  /** The last thing that went wrong, also when it was mended since. */
  readonly lastError?: { readonly at: EpochMs; readonly message: string };
  /** The last commit failed, and none has worked since. */
  readonly notWritten: boolean;
}

type RequestEffect = Effect & { readonly do: 'list' | 'version' | 'watch' };
type WithoutMoment<Each> = Each extends unknown ? Omit<Each, keyof Moment> : never;

export class Stream {
  readonly #resource: Resource;
  readonly #path: string;
  readonly #name: string;
  readonly #deps: StreamDependencies;
  readonly #requests = new Map<RequestId, { readonly abort: AbortController; readonly done: Promise<void> }>();
  #state: StreamState;
  #cancelWake: () => void = () => {};
  #notWritten = false;

  constructor(stream: StreamKey, deps: StreamDependencies) {
    this.#resource = resourceNamed(stream.resource);
    this.#path = streamPath(stream);
    this.#name = streamName(stream);
    this.#deps = deps;
    this.#state = initialState(stream, deps.settings);
  }

  start(): void {
    const cursor = this.#deps.sink.cursor(this.#state.stream);
    this.#feed({ type: 'start', ...(cursor ? { cursor } : {}) });
  }

  /** No request is made afterwards; resolves when the last one is over. What was received and not committed is received again. */
  async stop(): Promise<void> {
    this.#feed({ type: 'stop' });
    await Promise.all([...this.#requests.values()].map((each) => each.done));
    await this.#deps.transport.close();
  }

  get status(): StreamStatus {
    const { stream, phase, cursor, provenAt, told, lastError } = this.#state;
    return {
      stream,
      phase: phase.name,
      ...(cursor === undefined ? {} : { cursor }),
      ...(provenAt === undefined ? {} : { provenAt }),
      ...(told === undefined ? {} : { interrupted: told }),
      ...(lastError === undefined ? {} : { lastError }),
      notWritten: this.#notWritten,
    };
  }

  #moment(): Moment {
    const { clock, random } = this.#deps;
    return { at: clock.now(), uptime: clock.uptime(), random: random() };
  }

  /** One step: first what must be durable, then the rest. A step whose commit throws did not happen. */
  #feed(input: WithoutMoment<Input>): void {
    const moment = this.#moment();
    let next = step(this.#state, { ...moment, ...input } as Input);
    try {
      for (const effect of next.effects) if (effect.do === 'commit') this.#commit(effect.batch);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      this.#notWritten = true;
      this.#deps.observer.commitFailed?.(this.#state.stream, error as Error);
      this.#deps.log.error({ stream: this.#name, err: error }, 'not written; reading stops until it can be');
      next = step(this.#state, { ...moment, type: 'commit-failed', message });
    }
    this.#state = next.state;
    for (const effect of next.effects) this.#perform(effect);
    this.#cancelWake();
    const wake = wakeAt(next.state);
    this.#cancelWake = Number.isFinite(wake) ? this.#deps.clock.wakeAt(wake, () => this.#feed({ type: 'tick' })) : () => {};
  }

  #commit(batch: StreamBatch): void {
    this.#deps.sink.commit(batch);
    this.#notWritten = false;
    this.#deps.observer.committed?.(batch.stream, batch);
  }

  #perform(effect: Effect): void {
    if (effect.do === 'log') this.#deps.log[effect.level]({ stream: this.#name }, effect.message);
    else if (effect.do === 'abort') this.#requests.get(effect.request)?.abort.abort();
    else if (effect.do === 'compare') queueMicrotask(() => this.#compare(effect));
    else if (effect.do !== 'commit') this.#request(effect);
  }

  /** Not inside the step that asks for it: one step is over before the next begins. */
  #compare({ request, objects }: Effect & { readonly do: 'compare' }): void {
    const { stream, phase } = this.#state;
    if (phase.name !== 'comparing') return;
    let disagreement: string | undefined;
    try {
      disagreement = this.#deps.sink.disagreement(stream, objects);
    } catch (error) {
      // No loss is proven; and what cannot be read is no reason to stop writing.
      this.#deps.log.error({ stream: this.#name, err: error }, 'not compared with the cluster: the log cannot be read');
    }
    this.#feed({ type: 'compared', request, ...(disagreement === undefined ? {} : { disagreement }) });
  }

  #request(effect: RequestEffect): void {
    const abort = new AbortController();
    const { request } = effect;
    const done = this.#answer(effect, abort.signal)
      .catch((error: unknown) => {
        if (abort.signal.aborted) return;
        const failure = failureOf(error);
        this.#deps.observer.failed?.(this.#state.stream, failure);
        this.#feed({ type: 'failed', request, failure });
      })
      .finally(() => this.#requests.delete(request));
    this.#requests.set(request, { abort, done });
  }

  async #answer({ do: what, request, query, ...how }: RequestEffect, signal: AbortSignal): Promise<void> {
    const { transport, observer, confirmCluster } = this.#deps;
    const { stream } = this.#state;
    let { renewCredentials } = how;
    if (how.confirmCluster && confirmCluster) {
      await confirmCluster(transport, { signal, renewCredentials });
      renewCredentials = false;
    }
    observer.requested?.(stream, what);
    const accept = what === 'version' ? { accept: METADATA_ONLY } : {};
    const body = await transport.request(`${this.#path}?${query}`, { signal, renewCredentials, ...accept });
    if (what === 'watch') return this.#read(request, body, signal);
    const raw = await wholeBody(body);
    if (signal.aborted) return;
    observer.received?.(stream, raw.length);
    if (what === 'version') this.#feed({ type: 'version', request, version: receiveListVersion(raw) });
    else this.#feed({ type: 'page', request, list: receiveList(this.#resource, raw) });
  }

  /** Each chunk: its whole lines, one commit, and only then the next chunk. */
  async #read(request: RequestId, body: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<void> {
    const { observer, settings, parser } = this.#deps;
    const parse = (raw: Uint8Array) => parser.parse(raw);
    const lines = new LineSplitter(settings.maxLineBytes);
    this.#feed({ type: 'opened', request });
    for await (const chunk of body) {
      if (signal.aborted) return;
      observer.received?.(this.#state.stream, chunk.length);
      const events: WatchEvent[] = [];
      let moreFollows = true;
      try {
        for (const line of lines.push(chunk)) {
          if (trimmedEnd(line) > 0) events.push(decodeWatchLine(this.#resource, line, parse));
        }
        moreFollows = lines.hasRest;
      } finally {
        // What was understood before a line that was not is still true.
        if (events.length > 0) this.#feed({ type: 'events', request, events, moreFollows });
      }
      // The chunks of a backlog are there at once (libuv reads up to 32 of 64 KiB in a row); taken one after the other they
      // would keep signals, timers, answers and the other streams waiting for seconds.
      await turn();
      if (signal.aborted) return;
    }
    const rest = lines.rest();
    if (trimmedEnd(rest) > 0) {
      decodeWatchLine(this.#resource, rest);
      throw new UndecodableError('not-json', `the watch of ${this.#name} ended inside a line`);
    }
    this.#feed({ type: 'ended', request });
  }
}

function failureOf(error: unknown): Failure {
  if (error instanceof RequestError) return error.failure;
  if (error instanceof UndecodableError) return { kind: 'undecodable', message: error.message };
  // A mistake of this program must not end the recording of a stream silently; it is shown, and tried again.
  return { kind: 'undecodable', message: error instanceof Error ? `${error.name}: ${error.message}` : String(error) };
}
