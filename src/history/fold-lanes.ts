/** Reads what happened to a Service's backends over a window, and folds it into lanes. */
import type { Backend, Source } from '../domain/backends.ts';
import { type EpochMs, epochMs } from '../domain/time.ts';
import { type BackendId, CorruptLogError, type FlipStep } from '../store/event-store.ts';
import type { WindowPart } from './gaps.ts';
import { type LaneFlip, LaneFold, type LaneSegment } from './lanes.ts';
import type { LogView } from './log-view.ts';
import type { SeenService } from './resolve.ts';
import { listedAt } from './sources.ts';

/** How many flips are read at once. */
const FLIPS_A_READ = 5_000;

/** @param each called for the flips of each event in the window, known or not, in their order */
export function foldLanes(
  view: LogView,
  service: SeenService,
  source: Source,
  parts: readonly WindowPart[],
  each: (flips: readonly LaneFlip[]) => void = () => {},
): { fold: LaneFold; flips: number } {
  const { read, backendOf } = flipReader(view, service, source);
  const fold = new LaneFold(backendOf);
  let flips = 0;
  for (const part of parts) {
    if (part.kind !== 'known') {
      // What was last known gets its lane, so that a window inside a gap shows which backends it is silent about.
      if (part.kind === 'gap') fold.mention(part.from, listedAt(view, service, source, before(part.from)).list);
      for (const event of read(part.from, part.to)) {
        fold.count(event);
        each(event);
        flips += event.length;
      }
      continue;
    }
    // At an edge of the recording its first complete state is all that is known; elsewhere the state one instant
    // earlier is known too, and the flips of the first instant are told like all others.
    const listing = listedAt(view, service, source, part.opensAtEdge ? part.from : before(part.from));
    fold.begin(part.from, listing.list);
    for (const event of read(part.from, part.to)) {
      if (part.opensAtEdge && event[0]?.at === part.from) fold.explainBeginning(event);
      else fold.apply(event);
      each(event);
      flips += event.length;
    }
    fold.end(part.to, part.endIsKnown ? [...read(part.to, epochMs(part.to + 1))].flat() : []);
  }
  return { fold, flips };
}

/** What every lane shows of a part that is not known. */
export function blankSegment(part: WindowPart): LaneSegment | undefined {
  if (part.kind === 'known') return undefined;
  const { kind: state, from, to, opensBefore, endsAfter } = part;
  return { from, to, state, opensBefore, endsAfter };
}

const before = (at: EpochMs): EpochMs => epochMs(Math.max(0, at - 1));

/** Reads flips with from ≤ at < to, those of one event together, and each of their backends once. */
function flipReader({ reader, asOf }: LogView, { record }: SeenService, source: Source) {
  const backends = new Map<BackendId, Backend>();
  const readBackends = (flips: readonly FlipStep[]) => {
    const unread = new Set<BackendId>();
    for (const { backend } of flips) if (!backends.has(backend)) unread.add(backend);
    if (unread.size > 0) for (const [id, backend] of reader.backends([...unread])) backends.set(id, backend);
  };
  const backendOf = (id: BackendId): Backend => {
    const backend = backends.get(id);
    if (backend === undefined) throw new CorruptLogError(`there are flips of a backend ${id} that does not exist`);
    return backend;
  };
  function* read(from: EpochMs, to: EpochMs): Generator<FlipStep[]> {
    if (!record) return;
    const query = { serviceId: record.id, source, from, to, asOf, limit: FLIPS_A_READ };
    for (let page = reader.flipSteps(query); page.length > 0; ) {
      readBackends(page);
      let event: FlipStep[] = [];
      for (const flip of page) {
        if (event.length > 0 && event[0]?.position !== flip.position) {
          yield event;
          event = [];
        }
        event.push(flip);
      }
      yield event;
      const last = event.at(-1);
      if (last === undefined) return;
      page = reader.flipSteps({ ...query, after: last });
    }
  }
  return { read, backendOf };
}
