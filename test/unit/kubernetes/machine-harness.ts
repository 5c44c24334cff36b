/** Plays the driver of a stream's machine by hand, on a virtual clock: what it asks for is recorded, what it is told is written by the test. */
import { resourceNamed, type StreamKey } from '../../../src/domain/resources.ts';
import type { ChangeType, Cursor, ReceivedObject, StreamBatch } from '../../../src/domain/stream-batch.ts';
import { type EpochMs, epochMs } from '../../../src/domain/time.ts';
import { receiveObject } from '../../../src/kubernetes/received.ts';
import { DEFAULT_SETTINGS, type WatchSettings } from '../../../src/kubernetes/settings.ts';
import { initialState, step, wakeAt } from '../../../src/kubernetes/stream-machine.ts';
import type { Effect, Failure, Input, Moment, StreamState } from '../../../src/kubernetes/stream-state.ts';
import type { ChangeEvent, WatchEvent } from '../../../src/kubernetes/watch-line.ts';

export const BEGIN = 1_800_000_000_000;

type Request = Effect & { do: 'list' | 'version' | 'watch' };
type WithoutMoment<Each> = Each extends unknown ? Omit<Each, keyof Moment> : never;

export class Harness {
  state: StreamState;
  uptime = 0;
  /** Added to the time of day only. */
  clockStep = 0;
  random = 0.5;
  readonly batches: StreamBatch[] = [];
  readonly requests: Request[] = [];
  /** What was handed over to be compared with the log. */
  readonly comparisons: (Effect & { do: 'compare' })[] = [];
  readonly aborted: number[] = [];
  failCommits = false;

  constructor(stream: StreamKey = { resource: 'v1/endpoints' }, settings: Partial<WatchSettings> = {}) {
    // Comparing after a restart has tests of its own.
    this.state = initialState(stream, { ...DEFAULT_SETTINGS, compareWithinMs: 0, ...settings });
  }

  get now(): EpochMs {
    return epochMs(BEGIN + this.uptime + this.clockStep);
  }

  get phase(): string {
    return this.state.phase.name;
  }

  /** The last request that is not a probe beside a watch. */
  get request(): Request {
    const found = this.requests.findLast((each) => each.query !== 'limit=1');
    if (!found) throw new Error('nothing was asked for');
    return found;
  }

  get probe(): Request | undefined {
    const { phase } = this.state;
    return phase.name === 'watching' ? this.requests.find((each) => each.request === phase.probing?.request) : undefined;
  }

  get kinds(): string[] {
    return this.batches.map((each) => each.kind);
  }

  get lastBatch(): StreamBatch | undefined {
    return this.batches.at(-1);
  }

  feed(input: WithoutMoment<Input>): void {
    const moment = { at: this.now, uptime: this.uptime, random: this.random };
    let next = step(this.state, { ...moment, ...input } as Input);
    const commits = next.effects.filter((effect) => effect.do === 'commit');
    if (this.failCommits && commits.length > 0)
      next = step(this.state, { ...moment, type: 'commit-failed', message: 'disk full' });
    else this.batches.push(...commits.map((effect) => effect.batch));
    this.state = next.state;
    for (const effect of next.effects) {
      if (effect.do === 'abort') this.aborted.push(effect.request);
      if (effect.do === 'compare') this.comparisons.push(effect);
      if (effect.do === 'list' || effect.do === 'version' || effect.do === 'watch') this.requests.push(effect);
    }
  }

  start(cursor?: string, provenAt = BEGIN - 60_000): this {
    const stored: Cursor | undefined =
      cursor === undefined ? undefined : { resourceVersion: cursor, provenAt: epochMs(provenAt) };
    this.feed({ type: 'start', ...(stored ? { cursor: stored } : {}) });
    return this;
  }

  open(): this {
    this.feed({ type: 'opened', request: this.request.request });
    return this;
  }

  events(...events: WatchEvent[]): this {
    this.feed({ type: 'events', request: this.request.request, events, moreFollows: false });
    return this;
  }

  page(resourceVersion: string, objects: ReceivedObject[] = [], continueToken?: string): this {
    const list = { resourceVersion, objects, ...(continueToken === undefined ? {} : { continueToken }) };
    this.feed({ type: 'page', request: this.request.request, list });
    return this;
  }

  version(version: string, request = this.request): this {
    this.feed({ type: 'version', request: request.request, version });
    return this;
  }

  /** Answers the last comparison. */
  compared(disagreement?: string): this {
    const request = this.comparisons.at(-1)?.request ?? 0;
    this.feed({ type: 'compared', request, ...(disagreement === undefined ? {} : { disagreement }) });
    return this;
  }

  end(): this {
    this.feed({ type: 'ended', request: this.request.request });
    return this;
  }

  fail(failure: Failure, request = this.request): this {
    this.feed({ type: 'failed', request: request.request, failure });
    return this;
  }

  /** Lets time pass; the machine is woken exactly when it asked to be. */
  pass(ms: number): this {
    const until = this.uptime + ms;
    for (let guard = 0; wakeAt(this.state) <= until; guard++) {
      if (guard > 10_000) throw new Error('the machine wakes without end');
      this.uptime = Math.max(this.uptime, wakeAt(this.state));
      this.feed({ type: 'tick' });
    }
    this.uptime = until;
    return this;
  }

  /** Waits out a backoff: until the machine asks for something again. */
  untilAsked(): this {
    const before = this.requests.length;
    while (this.requests.length === before) {
      const wake = wakeAt(this.state);
      if (!Number.isFinite(wake)) throw new Error('the machine never asks again');
      this.pass(Math.max(0, wake - this.uptime));
    }
    return this;
  }

  /** A stream that is complete at version 100 and watching. */
  watching(): this {
    return this.start().open().events(marker('100'));
  }

  /** A stream that was resumed after a restart at version 100 and has an open watch. */
  resuming(): this {
    return this.start('100').version('100').open();
  }
}

export function object(name: string, resourceVersion: string, resource: StreamKey['resource'] = 'v1/endpoints'): ReceivedObject {
  const metadata = { name, namespace: 'store', uid: `uid-${name}`, resourceVersion };
  return receiveObject(resourceNamed(resource), Buffer.from(JSON.stringify({ metadata })));
}

export const change = (type: ChangeType, name: string, version: string, resource?: StreamKey['resource']): ChangeEvent => ({
  type,
  object: object(name, version, resource),
});

export const bookmark = (resourceVersion: string): WatchEvent => ({ type: 'BOOKMARK', resourceVersion, initialEventsEnd: false });
export const marker = (resourceVersion: string): WatchEvent => ({ type: 'BOOKMARK', resourceVersion, initialEventsEnd: true });
export const serverError = (code: number, reason: string, message = ''): WatchEvent => ({
  type: 'ERROR',
  status: { code, reason, message, causes: [] },
});

export const http = (status: number, more: Partial<Failure & { kind: 'http' }> = {}): Failure => ({
  kind: 'http',
  status,
  reason: '',
  message: '',
  causes: [],
  ...more,
});
export const refused: Failure = { kind: 'connection', message: 'ECONNREFUSED' };
export const tooLarge = http(504, { reason: 'Timeout', causes: ['ResourceVersionTooLarge'], retryAfterMs: 1_000 });

/** The query of a first state or relist that is streamed. */
export const STREAMING =
  /^watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&timeoutSeconds=\d+$/;
/** The query of a watch that goes on from a version. */
export const WATCH_FROM = (version: string): RegExp =>
  new RegExp(`^watch=true&allowWatchBookmarks=true&resourceVersion=${version}&timeoutSeconds=\\d+$`);
