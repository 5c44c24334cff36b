/** A world of which the log can be read as plain lines. */
import { onTestFinished } from 'vitest';
import { isLedgerEvent, LATEST, type ObjectEvent, position } from '../../../src/store/event-store.ts';
import { BEGIN } from '../../support/fault-model/virtual-clock.ts';
import { World, type WorldOptions } from '../../support/fault-model/world.ts';

export const ENDPOINTS = 'v1/endpoints';

export interface Gap {
  readonly from: number;
  readonly to: number;
  readonly code: string;
  readonly detail: string | undefined;
}

export class RecordedWorld {
  readonly world: World;

  constructor(world: World) {
    this.world = world;
  }

  get server() {
    return this.world.server;
  }

  get history() {
    return this.world.server.history;
  }

  /** Milliseconds since the beginning. */
  get now(): number {
    return this.world.clock.now() - BEGIN;
  }

  get reader() {
    if (!this.world.process) throw new Error('no recorder runs');
    return this.world.process.store.reader;
  }

  get status() {
    return this.world.process?.watcher.status()[0];
  }

  /** What is known of objects, in order: `watch MODIFIED cart 1002`. */
  objects(): string[] {
    return this.objectEvents().map(({ origin, type, object, resourceVersion }) =>
      [origin, type, object.name, resourceVersion].join(' '),
    );
  }

  objectEvents(): ObjectEvent[] {
    return this.reader.events({ after: position(0), limit: 10_000 }).filter((each) => !isLedgerEvent(each)) as ObjectEvent[];
  }

  /** What the ledger says, in order: `BEGAN`, `ENDED expired`, `RESUMED`. */
  ledger(resource = ENDPOINTS): string[] {
    const stream = this.reader.streams().find(({ key }) => key.resource === resource)?.id;
    return this.reader
      .events({ after: position(0), limit: 10_000 })
      .flatMap((each) => (isLedgerEvent(each) && each.streamId === stream ? [each.fact] : []))
      .map((fact) => fact.type.replace('COVERAGE_', '') + (fact.type === 'COVERAGE_ENDED' ? ` ${fact.reason.code}` : ''));
  }

  /** The gaps between the spans of a stream, in milliseconds since the beginning. */
  gaps(resource: string = ENDPOINTS): Gap[] {
    const spans = this.reader.coverage({ asOf: LATEST }).find(({ stream }) => stream.key.resource === resource)?.spans ?? [];
    return spans.slice(1).map((next, index) => {
      const before = spans[index];
      return {
        from: (before?.provenAt ?? 0) - BEGIN,
        to: next.from - BEGIN,
        code: before?.end?.code ?? '',
        detail: before?.end?.detail,
      };
    });
  }

  /** Up to when a stream is proven complete, in milliseconds since the beginning. */
  provenAt(resource = ENDPOINTS): number {
    const stream = this.reader.streams().find(({ key }) => key.resource === resource);
    return (stream?.cursor?.provenAt ?? BEGIN) - BEGIN;
  }

  /** The versions that watches asked to go on from, in order. */
  watchedFrom(): string[] {
    return this.server.seen({ kind: 'watch' }).map(({ query }) => query.get('resourceVersion') ?? '');
  }

  /** Something happens, and all that follows from it at once. */
  async happens(change: () => void): Promise<void> {
    await this.world.happens(change);
  }

  async put(name: string, content: object = {}): Promise<void> {
    await this.happens(() => this.history.put(ENDPOINTS, name, { ...content }));
  }

  async pass(ms: number): Promise<void> {
    await this.world.pass(ms);
  }

  /** The newest open watch of Endpoints. */
  get watch() {
    const watch = this.server.watches(ENDPOINTS).at(-1);
    if (!watch) throw new Error('nothing is watched');
    return watch;
  }

  /** All is well again, and the log is held to the truth. */
  async endsWell() {
    await this.world.catchUp();
    return this.world.audit();
  }
}

/** With the limits of production, whose time is virtual. */
export async function recordedWorld(options: Partial<WorldOptions> = {}): Promise<RecordedWorld> {
  const world = await World.open({ resources: [ENDPOINTS], ...options });
  onTestFinished(() => world.close());
  return new RecordedWorld(world);
}
