/**
 * Compares a log with what really happened. It may be done at any moment, also right after a kill: what the cursor has
 * passed must be in the log exactly once and in order, or lie in a gap that the ledger names; of what it has not, nothing may be.
 */
import { type ResourceName, resourceNamed } from '../../src/domain/resources.ts';
import { receiveObject } from '../../src/kubernetes/received.ts';
import {
  type EventReader,
  isLedgerEvent,
  type LedgerEvent,
  type ObjectEvent,
  position,
  type StoredEvent,
} from '../../src/store/event-store.ts';
import { openReader } from '../../src/store/sqlite/store.ts';
import type { ClusterHistory, HistoryEvent } from './fake-api-server/history.ts';

export interface Truth {
  readonly history: Pick<ClusterHistory, 'events' | 'revision'>;
  /** Wall clock of a change. Absent: gaps are not held to their times. */
  readonly happenedAt?: ReadonlyMap<number, number>;
  /** How far the recorder's clock may have been behind that one. */
  readonly clockBehindMs?: number;
}

export interface AuditOptions {
  readonly resources: readonly ResourceName[];
  /** Also that the log lacks nothing of the whole history: the recorder has caught up. */
  readonly caughtUp?: boolean;
}

export interface Audit {
  /** What is wrong, for people. Empty: the log tells the truth. */
  readonly problems: readonly string[];
  readonly events: number;
  /** Named by the ledger, over all streams. */
  readonly gaps: number;
  /** Changes that the log does not hold, each inside a gap. */
  readonly unseen: number;
}

/** The log as the ledger proves it is dated by arrivals, which come a little after the changes that they prove. */
const ARRIVAL_SLACK_MS = 2_000;

export function auditLog(file: string, truth: Truth, { resources, caughtUp = false }: AuditOptions): Audit {
  const { reader, close } = openReader(file);
  try {
    const problems: string[] = [];
    const events = reader.events({ after: position(0), limit: Number.MAX_SAFE_INTEGER });
    events.forEach((event, index) => {
      if (event.position !== index + 1) problems.push(`position ${index + 1} is missing: ${event.position} stands there`);
      const before = events[index - 1];
      if (before && event.at < before.at) problems.push(`position ${event.position} is earlier than the one before it`);
    });
    let [gaps, unseen] = [0, 0];
    for (const resource of resources) {
      const audit = new StreamAudit(resource, reader, truth);
      audit.run(events, caughtUp);
      problems.push(...audit.problems.map((problem) => `${resource}: ${problem}`));
      gaps += audit.gaps;
      unseen += audit.unseen;
    }
    return { problems, events: events.length, gaps, unseen };
  } finally {
    close();
  }
}

/** A change as the log must hold it. */
interface Due {
  readonly type: HistoryEvent['type'];
  readonly revision: number;
  readonly name: string;
  readonly uid: string;
  readonly body: string;
  /** False for a version of a reduced object whose stored part is that of the version before. */
  readonly isEvent: boolean;
}

interface Known {
  readonly uid: string;
  readonly body: string;
}

class StreamAudit {
  readonly problems: string[] = [];
  gaps = 0;
  unseen = 0;
  readonly #resource: ResourceName;
  readonly #reader: EventReader;
  readonly #truth: Truth;
  readonly #due: readonly Due[];
  readonly #byRevision: ReadonlyMap<number, Due>;
  readonly #objects = new Map<string, Known>();
  /** Up to this revision the log was compared; `undefined` before the first state. */
  #seen: number | undefined;
  #covered = false;
  /** Where the coverage last ended. */
  #ended: LedgerEvent | undefined;
  /** A complete state was told, of which more events may come. */
  #stateAt: number | undefined;

  constructor(resource: ResourceName, reader: EventReader, truth: Truth) {
    this.#resource = resource;
    this.#reader = reader;
    this.#truth = truth;
    this.#due = dueOf(resource, truth.history.events);
    this.#byRevision = new Map(this.#due.map((due) => [due.revision, due]));
  }

  run(events: readonly StoredEvent[], caughtUp: boolean): void {
    const stream = this.#reader.streams().find(({ key }) => key.resource === this.#resource);
    for (const event of events) {
      if (event.streamId !== stream?.id) continue;
      if (isLedgerEvent(event)) this.#ledger(event);
      else this.#object(event);
    }
    this.#compareState();
    if (this.#seen !== undefined) {
      const cursor = Number(stream?.cursor?.resourceVersion ?? Number.NaN);
      for (const due of this.#between(this.#seen, cursor)) this.problems.push(`lost: ${say(due)}; the cursor is at ${cursor}`);
      if (this.#seen > cursor) this.problems.push(`the log holds ${this.#seen}, but its cursor is at ${cursor}`);
      if (caughtUp)
        for (const due of this.#between(cursor, Number.POSITIVE_INFINITY)) this.problems.push(`not there: ${say(due)}`);
    } else if (caughtUp) this.problems.push('the stream has no first state');
  }

  #ledger(event: LedgerEvent): void {
    const { fact } = event;
    if (fact.type === 'COVERAGE_ENDED') {
      if (!this.#covered) this.problems.push(`position ${event.position} ends a coverage that had ended`);
      this.#compareState();
      this.#covered = false;
      this.#ended = event;
    } else if (fact.type === 'COVERAGE_RESUMED') {
      if (this.#covered || this.#seen === undefined)
        this.problems.push(`position ${event.position} resumes what was not interrupted`);
      this.#covered = true;
    } else if (fact.type === 'COVERAGE_BEGAN') {
      const from = Number(fact.resourceVersion);
      if (this.#seen !== undefined) this.#gap(event, from);
      this.#seen = from;
      this.#stateAt = from;
      this.#covered = true;
    }
  }

  #gap(began: LedgerEvent, to: number): void {
    this.gaps++;
    if (this.#covered) this.problems.push(`position ${began.position} begins a coverage that had not ended`);
    const { fact } = this.#ended as LedgerEvent;
    const from = fact.type === 'COVERAGE_ENDED' ? fact.provenAt : 0;
    for (const due of this.#between(this.#seen as number, to)) {
      this.unseen++;
      const at = this.#truth.happenedAt?.get(due.revision);
      const latest = began.at + (this.#truth.clockBehindMs ?? 0);
      if (at === undefined || (at >= from - ARRIVAL_SLACK_MS && at <= latest)) continue;
      this.problems.push(`lost: ${say(due)} at ${at}, outside the gap from ${from} to ${began.at}`);
    }
  }

  #object(event: ObjectEvent): void {
    const body = Buffer.from(this.#reader.body(event)).toString();
    const { name, uid } = event.object;
    if (event.origin === 'watch') this.#watched(event, body);
    else if (this.#covered && this.#stateAt === undefined)
      this.problems.push(`position ${event.position} was inferred while the stream was covered`);
    if (event.type !== 'DELETED') this.#objects.set(name, { uid, body });
    else if (this.#objects.get(name)?.uid === uid) this.#objects.delete(name);
  }

  #watched(event: ObjectEvent, body: string): void {
    this.#compareState();
    const revision = Number(event.resourceVersion);
    const due = this.#byRevision.get(revision);
    const is = { type: event.type, revision, name: event.object.name, uid: event.object.uid };
    if (!this.#covered) this.problems.push(`position ${event.position} was watched while nothing was covered`);
    if (!due || due.type !== is.type || due.name !== is.name || due.uid !== is.uid || due.body !== body) {
      this.problems.push(`position ${event.position} never happened: ${say(is)} ${body}`);
      return;
    }
    const seen = this.#seen ?? 0;
    if (revision <= seen) this.problems.push(`position ${event.position} tells again what was told: ${say(is)}`);
    for (const lost of this.#between(seen, revision - 1))
      this.problems.push(`lost: ${say(lost)}, before position ${event.position}`);
    this.#seen = Math.max(seen, revision);
  }

  /** What the log knows after a complete state must be what there was. */
  #compareState(): void {
    if (this.#stateAt === undefined) return;
    const at = this.#stateAt;
    this.#stateAt = undefined;
    const expected = new Map<string, Known>();
    for (const { type, revision, name, uid, body } of this.#due) {
      if (revision > at) break;
      if (type === 'DELETED') expected.delete(name);
      else expected.set(name, { uid, body });
    }
    const names = new Set([...expected.keys(), ...this.#objects.keys()]);
    for (const name of names) {
      const [is, should] = [this.#objects.get(name), expected.get(name)];
      if (is?.uid !== should?.uid || is?.body !== should?.body) {
        this.problems.push(`at ${at} the log knows ${name} as ${JSON.stringify(is)}, but it was ${JSON.stringify(should)}`);
      }
    }
  }

  /** What must be events of its own, after one revision and up to another. */
  #between(after: number, upTo: number): Due[] {
    return this.#due.filter(({ revision, isEvent }) => isEvent && revision > after && revision <= upTo);
  }
}

function dueOf(resource: ResourceName, events: readonly HistoryEvent[]): Due[] {
  const bodies = new Map<string, string>();
  const reduced = resourceNamed(resource).storage === 'reduced';
  return events
    .filter((event) => event.resource === resource)
    .map(({ type, revision, object }) => {
      const { name, uid } = object.metadata;
      const text = JSON.stringify(object);
      const body = reduced ? Buffer.from(receiveObject(resourceNamed(resource), Buffer.from(text)).body).toString() : text;
      const isEvent = type !== 'MODIFIED' || bodies.get(uid) !== body;
      bodies.set(uid, body);
      return { type, revision, name, uid, body, isEvent };
    });
}

const say = ({ type, name, revision }: Pick<Due, 'type' | 'name' | 'revision'>): string => `${type} ${name} ${revision}`;
