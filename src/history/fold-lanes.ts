/** Reads what happened to a Service's backends over a window, and folds it into lanes. */
import type { Backend, Source } from '../domain/backends.ts';
import { type EpochMs, epochMs } from '../domain/time.ts';
import { type BackendId, CorruptLogError, type FlipColumns, type ListChange } from '../store/event-store.ts';
import type { WindowPart } from './gaps.ts';
import { type EventFlips, LaneFold, type LaneSegment } from './lanes.ts';
import type { ChangesOfPart } from './list-changes.ts';
import type { LogView } from './log-view.ts';
import type { SeenService } from './resolve.ts';
import { listedAt } from './sources.ts';

/** @returns the lanes, and how many flips there are, known or not. @throws CorruptLogError */
export function foldLanes(
  view: LogView,
  service: SeenService,
  source: Source,
  told: readonly ChangesOfPart[],
): { fold: LaneFold; flips: number } {
  const { read, backendOf } = flipReader(view, service, source);
  const fold = new LaneFold(backendOf);
  let sum = 0;
  for (const { part, changes } of told) {
    const flips = read(part.from, part.to);
    sum += flips.to.length;
    if (part.kind !== 'known') {
      // What was last known gets its lane, so that a window inside a gap shows which backends it is silent about.
      if (part.kind === 'gap') fold.mention(part.from, listedAt(view, service, source, before(part.from)).list);
      for (const event of eventsOf(changes, flips)) fold.count(event);
      continue;
    }
    // At an edge of the recording its first complete state is all that is known; elsewhere the state one instant
    // earlier is known too, and the flips of the first instant are told like all others.
    const listing = listedAt(view, service, source, part.opensAtEdge ? part.from : before(part.from));
    fold.begin(part.from, listing.list);
    for (const event of eventsOf(changes, flips)) {
      if (part.opensAtEdge && event.at === part.from) fold.explainBeginning(event);
      else fold.apply(event);
    }
    fold.end(part.to, part.endIsKnown ? read(part.to, epochMs(part.to + 1)) : undefined);
  }
  return { fold, flips: sum };
}

/** What every lane shows of a part that is not known. */
export function blankSegment(part: WindowPart): LaneSegment | undefined {
  if (part.kind === 'known') return undefined;
  const { kind: state, from, to, opensBefore, endsAfter } = part;
  return { from, to, state, opensBefore, endsAfter };
}

const before = (at: EpochMs): EpochMs => epochMs(Math.max(0, at - 1));

/** Reads flips with from ≤ at < to, and each of their backends once. */
function flipReader({ reader, asOf }: LogView, { record }: SeenService, source: Source) {
  const backends = new Map<BackendId, Backend>();
  const backendOf = (id: BackendId): Backend => {
    const backend = backends.get(id);
    if (backend === undefined) throw new CorruptLogError(`there are flips of a backend ${id} that does not exist`);
    return backend;
  };
  const read = (from: EpochMs, to: EpochMs): FlipColumns => {
    if (!record) return { backend: [], to: [] };
    const flips = reader.flipColumns({ serviceId: record.id, source, from, to, asOf });
    const unread = [...new Set(flips.backend)].filter((id) => !backends.has(id));
    if (unread.length > 0) for (const [id, backend] of reader.backends(unread)) backends.set(id, backend);
    return flips;
  };
  return { read, backendOf };
}

/** Changes that brought flips, each with its own. */
function* eventsOf(changes: readonly ListChange[], flips: FlipColumns): Generator<EventFlips> {
  let first = 0;
  for (const { at, position, flips: count } of changes) {
    const after = first + count;
    if (count > 0) yield { at, position, flips, first, after };
    first = after;
  }
  const found = flips.to.length;
  if (found !== first) throw new CorruptLogError(`there are ${found} flips where the counts of their events tell of ${first}`);
}
