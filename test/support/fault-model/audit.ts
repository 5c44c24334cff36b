/** Holds a log to the truth: every version once, in order, byte for byte, or inside a span that the ledger names as a gap. */
import { type ResourceName, resourceNamed } from '../../../src/domain/resources.ts';
import { epochMs } from '../../../src/domain/time.ts';
import { coverageAt, knownSpans } from '../../../src/history/gaps.ts';
import { receiveObject } from '../../../src/kubernetes/received.ts';
import {
  type EventReader,
  isLedgerEvent,
  LATEST,
  type LedgerEvent,
  type ObjectEvent,
  position,
  type StoredEvent,
  type StreamRecord,
} from '../../../src/store/event-store.ts';
import type { TrueEvent, Truth } from './truth.ts';

/** What is said here would be a wrong answer in a postmortem. */
export class WrongLogError extends Error {
  override name = 'WrongLogError';
}

export interface AuditSummary {
  /** Changes that the log holds as they were watched. */
  readonly watched: number;
  /** Changes that the recorder could not see; each lies in a gap. */
  readonly missed: number;
  readonly gaps: number;
}

interface Known {
  readonly name: string;
  readonly body: string;
}

/** One stream's part of the log, read from its beginning. */
class StreamAudit {
  watched = 0;
  missed = 0;
  gaps = 0;
  readonly #resource: ResourceName;
  readonly #truth: Truth;
  readonly #reader: EventReader;
  readonly #stream: StreamRecord;
  /** By uid. */
  readonly #known = new Map<string, Known>();
  /** Up to where the log follows the truth. Absent before the first snapshot. */
  #reached: { era: number; version: number } | undefined;
  #covered = false;
  #provenAt: number | undefined;
  /** When the coverage ended: what a relist infers comes before it is over. */
  #knownBefore: ReadonlyMap<string, Known> = new Map();
  /** When the last complete state came, and since when nothing was known until then. */
  #beganAt: number | undefined;
  #gapBefore: number | undefined;
  /** Set while the events of a first snapshot follow its ledger fact. */
  #firstSnapshot: { era: number; version: number } | undefined;

  constructor(reader: EventReader, truth: Truth, stream: StreamRecord) {
    this.#reader = reader;
    this.#truth = truth;
    this.#stream = stream;
    this.#resource = stream.key.resource;
  }

  read(event: StoredEvent): void {
    if (isLedgerEvent(event)) this.#ledger(event);
    else if (event.origin === 'watch') this.#watch(event);
    else this.#inferred(event);
  }

  /** The log is caught up: nothing may be missing. */
  end(era: number): void {
    this.#endFirstSnapshot();
    this.#must(this.#reached !== undefined, 'was never complete');
    this.#must(this.#covered, 'is not covered');
    const reached = this.#reached as { era: number; version: number };
    const all = { era, version: Number.POSITIVE_INFINITY };
    for (const event of this.#truth.between(this.#resource, reached, all)) {
      this.#must(this.#isUnchanged(event), `lacks ${named(event)}`);
    }
    this.#mustEqualTruth(all, 'at the end');
  }

  #ledger({ at, fact }: LedgerEvent): void {
    if (fact.type === 'CLOCK_STEPPED' || fact.type === 'HISTORY_SHED') return;
    this.#endFirstSnapshot();
    if (fact.type === 'COVERAGE_ENDED') {
      this.#must(this.#covered || fact.reason.code === 'loss-proven', 'ended twice');
      this.#must(fact.provenAt <= at, `was proven until ${fact.provenAt}, after it ended at ${at}`);
      this.#covered = false;
      this.#provenAt = fact.provenAt;
      this.#knownBefore = new Map(this.#known);
    } else if (fact.type === 'COVERAGE_RESUMED') {
      this.#must(!this.#covered && this.#reached !== undefined, 'resumed what had not ended');
      this.#covered = true;
    } else {
      this.#must(!this.#covered, 'began while it was covered');
      this.#began(at, { era: this.#truth.eraAt(at), version: Number(fact.resourceVersion) });
    }
  }

  #began(at: number, now: { era: number; version: number }): void {
    this.#covered = true;
    const before = this.#reached;
    this.#reached = now;
    if (before === undefined) {
      this.#firstSnapshot = now;
      this.#beganAt = at;
      return;
    }
    this.gaps++;
    this.#mustEqualTruth(now, `at the version ${now.version} of a relist`);
    const missed = this.#withoutUnchanged(this.#truth.between(this.#resource, before, now));
    this.missed += missed.length;
    const instants = [
      ...missed.map((event) => ({ at: event.at, what: named(event) })),
      ...this.#truth.restores(before.era, now.era).map((restoredAt) => ({ at: restoredAt, what: 'the restore of a backup' })),
    ];
    // A list shows the state of the moment in which it was asked for; what happened while it was on its way, and then was
    // never watched, lies in the gap that the list closed.
    const isOnlyAList = this.#provenAt === this.#beganAt;
    const gapFrom = (isOnlyAList ? this.#gapBefore : this.#provenAt) ?? 0;
    for (const each of instants) {
      this.#must(
        each.at >= gapFrom && each.at <= at,
        `did not see ${each.what} at ${each.at}, outside the gap from ${gapFrom} to ${at}`,
      );
      this.#mustBeToldAsGap(each);
    }
    this.#gapBefore = gapFrom;
    this.#beganAt = at;
  }

  /** What users are told of that instant. The ends of a gap are known instants; what happened within them may be not. */
  #mustBeToldAsGap({ at, what }: { at: number; what: string }): void {
    const spans = this.#reader.coverage({ asOf: LATEST }).find(({ stream }) => stream.id === this.#stream.id)?.spans ?? [];
    if (spans.some(({ from, provenAt }) => at === from || at === provenAt)) return;
    const known = knownSpans(spans.map((span) => ({ ...span, stream: this.#resource })));
    this.#must(coverageAt(known, epochMs(at)).status !== 'complete', `tells coverage at ${at}, when it did not see ${what}`);
  }

  #watch(event: ObjectEvent): void {
    this.#endFirstSnapshot();
    this.#must(this.#covered && this.#reached !== undefined, `has ${shown(event)} while it was not covered`);
    const reached = this.#reached as { era: number; version: number };
    const due = this.#truth
      .between(this.#resource, reached, { era: reached.era, version: Number.POSITIVE_INFINITY })
      .find((each) => !this.#isUnchanged(each));
    this.#must(due !== undefined, `has ${shown(event)}, which never happened`);
    const happened = due as TrueEvent;
    this.#must(
      happened.type === event.type &&
        happened.object.metadata.uid === event.object.uid &&
        happened.object.metadata.name === event.object.name &&
        happened.object.metadata.resourceVersion === event.resourceVersion,
      `has ${shown(event)} where ${named(happened)} happened`,
    );
    this.#must(event.at >= happened.at, `has ${shown(event)} before it happened`);
    const body = this.#body(event);
    this.#must(body === stored(happened), `has another body for ${named(happened)}: ${body}`);
    if (event.type === 'DELETED') this.#known.delete(event.object.uid);
    else this.#known.set(event.object.uid, { name: event.object.name, body });
    this.#reached = { era: reached.era, version: happened.revision };
    this.watched++;
  }

  #inferred(event: ObjectEvent): void {
    const isFirst = this.#firstSnapshot !== undefined;
    this.#must(event.origin === (isFirst ? 'snapshot' : 'relist'), `has ${shown(event)} outside a snapshot`);
    this.#must(isFirst || !this.#covered, `has ${shown(event)} outside a gap`);
    const body = this.#body(event);
    const before = this.#known.get(event.object.uid);
    if (event.type === 'DELETED') {
      this.#must(before !== undefined && before.body === body, `infers ${shown(event)} of what was not known, or otherwise`);
      this.#known.delete(event.object.uid);
    } else {
      this.#must((event.type === 'MODIFIED') === (before !== undefined), `infers ${shown(event)}`);
      this.#known.set(event.object.uid, { name: event.object.name, body });
    }
  }

  #endFirstSnapshot(): void {
    if (this.#firstSnapshot === undefined) return;
    this.#mustEqualTruth(this.#firstSnapshot, 'in its first snapshot');
    this.#firstSnapshot = undefined;
  }

  #mustEqualTruth({ era, version }: { era: number; version: number }, when: string): void {
    const truth = this.#truth.stateAt(this.#resource, era, version);
    for (const [uid, event] of truth) {
      const known = this.#known.get(uid);
      this.#must(known !== undefined, `does not know ${named(event)} ${when}`);
      this.#must(known?.body === stored(event), `knows another ${named(event)} ${when}: ${known?.body}`);
    }
    for (const [uid, { name }] of this.#known) this.#must(truth.has(uid), `knows ${name} (${uid}) ${when}, which is gone`);
  }

  /** A reduced object of which nothing that is stored changed is no event. */
  #isUnchanged(event: TrueEvent): boolean {
    if (event.type !== 'MODIFIED') return false;
    return this.#known.get(event.object.metadata.uid)?.body === stored(event);
  }

  /** Of what happened in a gap: an unchanged object may well have been seen before it. */
  #withoutUnchanged(events: readonly TrueEvent[]): TrueEvent[] {
    const bodies = new Map([...this.#knownBefore].map(([uid, { body }]) => [uid, body]));
    return events.filter((event) => {
      const body = stored(event);
      const isUnchanged = event.type === 'MODIFIED' && bodies.get(event.object.metadata.uid) === body;
      bodies.set(event.object.metadata.uid, body);
      return !isUnchanged;
    });
  }

  #body(event: ObjectEvent): string {
    return Buffer.from(this.#reader.body(event)).toString();
  }

  #must(holds: boolean, what: string): void {
    if (!holds) throw new WrongLogError(`${this.#resource} ${what}`);
  }
}

/** The bytes that are to be stored of an object. */
function stored({ resource, object }: TrueEvent): string {
  return Buffer.from(receiveObject(resourceNamed(resource), Buffer.from(JSON.stringify(object))).body).toString();
}

const named = ({ type, object: { metadata } }: TrueEvent) =>
  `${type} ${metadata.name} (${metadata.uid}) ${metadata.resourceVersion}`;
const shown = ({ type, origin, object, resourceVersion, at }: ObjectEvent) =>
  `${origin} ${type} ${object.name} (${object.uid}) ${resourceVersion} at ${at}`;

/**
 * @param era of the store now
 * @throws WrongLogError
 */
export function auditLog(reader: EventReader, truth: Truth, resources: readonly ResourceName[], era: number): AuditSummary {
  const streams = reader.streams();
  const audits = new Map(streams.map((stream) => [stream.id, new StreamAudit(reader, truth, stream)]));
  let last = 0;
  for (let after = position(0); ; ) {
    const page = reader.events({ after, limit: 1_000 });
    for (const event of page) {
      if (event.at < last) throw new WrongLogError(`position ${event.position} is at ${event.at}, before the one before it`);
      last = event.at;
      audits.get(event.streamId)?.read(event);
      after = event.position;
    }
    if (page.length < 1_000) break;
  }
  for (const resource of resources) {
    const stream = streams.find(({ key }) => key.resource === resource);
    if (!stream) throw new WrongLogError(`${resource} was never recorded`);
    audits.get(stream.id)?.end(era);
  }
  for (const { stream, spans } of reader.coverage({ asOf: LATEST })) {
    spans.forEach(({ from, provenAt }, index) => {
      const before = spans[index - 1];
      if (provenAt < from) throw new WrongLogError(`${stream.key.resource} has a span from ${from} to ${provenAt}`);
      if (before && before.provenAt > from) throw new WrongLogError(`${stream.key.resource} has spans that overlap at ${from}`);
    });
  }
  const sum = (of: (audit: StreamAudit) => number) => [...audits.values()].reduce((total, audit) => total + of(audit), 0);
  return { watched: sum((each) => each.watched), missed: sum((each) => each.missed), gaps: sum((each) => each.gaps) };
}
