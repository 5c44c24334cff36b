/** What really happened in the cluster, and when: the model that a log is held to. */
import type { ResourceName } from '../../../src/domain/resources.ts';
import type { ClusterHistory, HistoryEvent } from '../fake-api-server/history.ts';

export interface TrueEvent extends HistoryEvent {
  /** By the clock of the test. */
  readonly at: number;
}

/** The cluster's store from its beginning, or from the restore of a backup, on. */
interface Era {
  readonly restoredAt: number | undefined;
  /** The revision of the backup. */
  readonly from: number;
  /** What the store holds, the backup's past included. */
  readonly events: TrueEvent[];
}

export class Truth {
  readonly #now: () => number;
  readonly #eras: Era[] = [{ restoredAt: undefined, from: 0, events: [] }];

  constructor(history: ClusterHistory, now: () => number) {
    this.#now = now;
    history.follow((event) => this.#last.events.push({ ...event, at: now() }));
  }

  get #last(): Era {
    return this.#eras.at(-1) as Era;
  }

  /** A backup that was taken at this revision has been restored. */
  restored(revision: number): void {
    const events = this.#last.events.filter((each) => each.revision <= revision);
    this.#eras.push({ restoredAt: this.#now(), from: revision, events });
  }

  /** Which store answered at an instant. */
  eraAt(at: number): number {
    return this.#eras.findLastIndex(({ restoredAt }) => restoredAt === undefined || restoredAt <= at);
  }

  /** Instants at which a backup took the place of the store. */
  restores(after: number, upTo: number): number[] {
    return this.#eras.slice(after + 1, upTo + 1).map(({ restoredAt }) => restoredAt as number);
  }

  /** In order. Of an era after a restore also the past that came with the backup. */
  events(resource: ResourceName, era: number): TrueEvent[] {
    return (this.#eras[era] as Era).events.filter((each) => each.resource === resource);
  }

  /** What happened after a version of one era and up to a version of a later one, and is in neither of the two. */
  between(resource: ResourceName, from: { era: number; version: number }, to: { era: number; version: number }): TrueEvent[] {
    const found: TrueEvent[] = [];
    for (let era = from.era; era <= to.era; era++) {
      const after = era === from.era ? from.version : (this.#eras[era] as Era).from;
      const upTo = era === to.era ? to.version : Number.POSITIVE_INFINITY;
      found.push(...this.events(resource, era).filter(({ revision }) => revision > after && revision <= upTo));
    }
    return found;
  }

  /** The objects by uid, as they were at a version. */
  stateAt(resource: ResourceName, era: number, version: number): Map<string, TrueEvent> {
    const state = new Map<string, TrueEvent>();
    for (const event of this.events(resource, era)) {
      if (event.revision > version) break;
      if (event.type === 'DELETED') state.delete(event.object.metadata.uid);
      else state.set(event.object.metadata.uid, event);
    }
    return state;
  }

  /** When the last change or restore was. */
  get lastAt(): number {
    return Math.max(...this.#eras.flatMap(({ restoredAt, events }) => [restoredAt ?? 0, events.at(-1)?.at ?? 0]));
  }
}
