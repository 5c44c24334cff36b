/**
 * The words between a stream's state machine and its driver: what the machine knows, what it is told, what it asks for.
 * All of it is plain data, and the machine neither waits, nor reads a clock, nor throws dice.
 */
import type { StreamKey } from '../domain/resources.ts';
import type { Cursor, EndReason, ReceivedObject, StreamBatch } from '../domain/stream-batch.ts';
import type { EpochMs } from '../domain/time.ts';
import type { ReceivedList } from './received.ts';
import type { WatchSettings } from './settings.ts';
import type { ChangeEvent, WatchEvent } from './watch-line.ts';

/** Every input carries when it happened and a random number, so the machine needs neither clock nor dice. */
export interface Moment {
  /** The recorder's clock, for what is recorded. It may step. */
  readonly at: EpochMs;
  /** Milliseconds of a clock that never steps, for every deadline. */
  readonly uptime: number;
  /** In [0, 1). */
  readonly random: number;
}

/** Numbers requests of one stream; what arrives for a request that is over is ignored. */
export type RequestId = number;

export type Failure =
  | {
      readonly kind: 'http';
      readonly status: number;
      readonly reason: string;
      readonly message: string;
      readonly causes: readonly string[];
      readonly retryAfterMs?: number;
    }
  /** Refused, reset, broken off, not resolved, TLS: no answer, or not all of it. */
  | { readonly kind: 'connection'; readonly message: string }
  /** Credentials could not be had: the plugin failed, the token file is missing. */
  | { readonly kind: 'credentials'; readonly message: string }
  /** The answer was not understood. */
  | { readonly kind: 'undecodable'; readonly message: string };

export type Input = Moment &
  (
    | { readonly type: 'start'; readonly cursor?: Cursor }
    /** Some deadline that {@link wakeAt} named has come. */
    | { readonly type: 'tick' }
    | { readonly type: 'page'; readonly request: RequestId; readonly list: ReceivedList }
    /** The version in the answer to a check or a probe. */
    | { readonly type: 'version'; readonly request: RequestId; readonly version: string }
    /** What differs between the log and the state that was to be compared; absent when nothing does. */
    | { readonly type: 'compared'; readonly request: RequestId; readonly disagreement?: string }
    /** The watch was answered with 200. That alone proves nothing. */
    | { readonly type: 'opened'; readonly request: RequestId }
    /**
     * The whole lines of one chunk, in order. `moreFollows`: behind them came something that is no whole line, or that was not
     * understood.
     */
    | {
        readonly type: 'events';
        readonly request: RequestId;
        readonly events: readonly WatchEvent[];
        readonly moreFollows: boolean;
      }
    /** The answer to a watch ended as HTTP should. */
    | { readonly type: 'ended'; readonly request: RequestId }
    | { readonly type: 'failed'; readonly request: RequestId; readonly failure: Failure }
    /** A commit of the last step threw; that step did not happen. */
    | { readonly type: 'commit-failed'; readonly message: string }
    | { readonly type: 'stop' }
  );

export type Effect =
  /** Synchronous, and before every other effect of its step. When it throws, the step did not happen. */
  | { readonly do: 'commit'; readonly batch: StreamBatch }
  | {
      readonly do: 'list' | 'version' | 'watch';
      readonly request: RequestId;
      readonly query: string;
      readonly renewCredentials: boolean;
      /** Make sure first that the server still belongs to the cluster that is recorded. */
      readonly confirmCluster: boolean;
    }
  /** Asks the sink, whose answer is fed back as `compared`. */
  | { readonly do: 'compare'; readonly request: RequestId; readonly objects: readonly ReceivedObject[] }
  | { readonly do: 'abort'; readonly request: RequestId }
  | { readonly do: 'log'; readonly level: 'debug' | 'info' | 'warn' | 'error'; readonly message: string };

/** Last in, first out, so that adding to it leaves older states untouched without copying. */
export interface Stack<Item> {
  readonly top: Item;
  readonly below: Stack<Item> | undefined;
}

/** Asked at `sentAt`, the server said that its newest version was `version`. */
export interface Probe {
  readonly sentAt: EpochMs;
  readonly version: string;
}

export interface Watching {
  readonly name: 'watching';
  readonly request: RequestId;
  /** Absent until the head of the answer came. */
  readonly openedAt?: number;
  /** When the last whole line came, or the opening. */
  readonly lastLineAt: number;
  readonly endBy: number;
  /** False until the server has shown that it goes on from the cursor. True from the start after a fresh snapshot. */
  readonly accepted: boolean;
  /** The server's version was seen at or after the cursor since the watch was asked for. */
  readonly cursorKnown: boolean;
  /** False while changes that happened before the resume may still be on their way. */
  readonly caughtUp: boolean;
  /** A line came. */
  readonly heard: boolean;
  readonly probing?: { readonly request: RequestId; readonly sentAt: EpochMs; readonly answerBy: number };
  readonly nextProbeAt: number;
  /** Oldest first, versions growing: answered probes whose version the watch has not reached. */
  readonly pending: readonly Probe[];
}

export type Phase =
  | { readonly name: 'waiting'; readonly until: number }
  /** Asking whether the stored cursor lies in the server's past. */
  | { readonly name: 'checking'; readonly request: RequestId; readonly answerBy: number }
  /** Receiving the state at exactly the cursor, to hold the log against it. */
  | {
      readonly name: 'comparing';
      readonly request: RequestId;
      readonly answerBy: number;
      readonly pages?: Stack<readonly ReceivedObject[]>;
    }
  /** Receiving the first state as a stream; nothing of it counts before its marker. */
  | {
      readonly name: 'streaming';
      readonly request: RequestId;
      readonly answerBy: number;
      readonly openedAt?: number;
      readonly endBy: number;
      readonly staged?: Stack<readonly ChangeEvent[]>;
      /** After the staged ones; too few yet to be packed. */
      readonly loose?: readonly ChangeEvent[];
    }
  | {
      readonly name: 'listing';
      readonly request: RequestId;
      readonly answerBy: number;
      readonly version?: string;
      readonly pages?: Stack<readonly ReceivedObject[]>;
    }
  | Watching
  | { readonly name: 'stopped' };

export interface StreamState {
  readonly stream: StreamKey;
  readonly settings: WatchSettings;
  readonly phase: Phase;
  /** The version to resume from: exactly what is durable. */
  readonly cursor?: string;
  /** Up to when the stream is proven complete; what is durable. */
  readonly provenAt?: EpochMs;
  /** Set when the cursor cannot be used: why, and whether versions are still comparable. */
  readonly relist?: { readonly reason: EndReason; readonly newEpoch: boolean };
  /** The cursor has not been seen in this server's past since the process started. */
  readonly unchecked: boolean;
  /** The log has not been compared with the cluster since the process started, and is to be. */
  readonly uncompared: boolean;
  /** When comparing is given up. Absent until it began. */
  readonly compareBy?: number;
  /** The ledger's coverage is closed (by a restart or an interruption); a resume that works heals it. */
  readonly closed: boolean;
  /** The reason of the interruption that was told last, until the stream goes on. */
  readonly told?: EndReason['code'];
  /** When the ledger is to be told that the stream does not go on. Absent while it does. */
  readonly tellBy?: number;
  /** False once the server has shown that it cannot stream a first state. */
  readonly canStream: boolean;
  /** Streamed first states that were cut in a row. */
  readonly cuts: number;
  readonly quickEnds: number;
  readonly tooLarge: number;
  /** In a row, for the backoff. */
  readonly failures: number;
  /** Credentials were renewed since a request was last accepted. */
  readonly renewed: boolean;
  /** Something failed since a request was last accepted: whoever answers next may be another cluster. */
  readonly doubted: boolean;
  readonly lastRequest: RequestId;
  /** `kind` is absent when the store failed, not the server. */
  readonly lastError?: { readonly at: EpochMs; readonly message: string; readonly kind?: Failure['kind'] };
}

export interface Step {
  readonly state: StreamState;
  readonly effects: readonly Effect[];
}

export const push = <Item>(below: Stack<Item> | undefined, top: Item): Stack<Item> => ({ top, below });

/** In the order in which they were pushed. */
export function unstack<Item>(stack: Stack<Item> | undefined): Item[] {
  const items: Item[] = [];
  for (let each = stack; each; each = each.below) items.push(each.top);
  return items.reverse();
}

export const stay = (state: StreamState, ...effects: Effect[]): Step => ({ state, effects });

/** Goes on from a step; its effects come first. */
export function andThen(step: Step, next: (state: StreamState) => Step): Step {
  const { state, effects } = next(step.state);
  return { state, effects: [...step.effects, ...effects] };
}
