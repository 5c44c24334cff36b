/** Whether a backend changed state in slices about when it did in Endpoints: what tells a real change from a cut list. */
import { epochMs } from '../../domain/time.ts';
import type { EventReader, FlipRecord, Position, ServiceRecord } from '../../store/event-store.ts';
import type { Span } from './spans.ts';

/** Endpoints and slices are written by two controllers, each in its own time. */
const APART_MS = 10_000;
const PAGE = 5_000;

export class SliceFlips {
  /** Slices tell of the Service from here on. */
  readonly #since: number;
  /** Instants at which each Pod came or went, in order. */
  readonly #instants = new Map<string, number[]>();

  private constructor(since: number) {
    this.#since = since;
  }

  /** @returns `undefined` where the Service had no slices in the log by then */
  static read(reader: EventReader, { id, clusterId }: ServiceRecord, { asOf, from, to }: Span & { asOf: Position }) {
    const list = { serviceId: id, source: 'endpointslices', asOf } as const;
    const first = reader.countsAt({ ...list, at: from }) ?? reader.counts({ ...list, from, to: epochMs(to + 1) })[0];
    if (first === undefined) return undefined;
    const found = new SliceFlips(first.at);
    const query = { clusterId, serviceId: id, source: 'endpointslices', from, to, asOf, limit: PAGE } as const;
    for (let page = reader.flips(query); page.length > 0; ) {
      for (const flip of page) found.#add(flip);
      const last = page.at(-1);
      page = last && page.length === PAGE ? reader.flips({ ...query, after: last }) : [];
    }
    return found;
  }

  /** `undefined` of a flip from before there were slices: what they held then is not known. */
  has(flip: FlipRecord): boolean | undefined {
    if (flip.at < this.#since) return undefined;
    return (this.#instants.get(keyOf(flip)) ?? []).some((at) => Math.abs(at - flip.at) <= APART_MS);
  }

  #add(flip: FlipRecord): void {
    const key = keyOf(flip);
    const known = this.#instants.get(key);
    if (known) known.push(flip.at);
    else this.#instants.set(key, [flip.at]);
  }
}

/** In slices a Pod that goes is listed as terminating first: then it has left Endpoints. */
function keyOf({ from, to, backend }: FlipRecord): string {
  const isListed = (state: FlipRecord['from']) => state === 'ready' || state === 'notReady';
  const way = isListed(from) === isListed(to) ? 'within' : isListed(to) ? 'in' : 'out';
  return `${way} ${backend.address} ${backend.pod?.uid ?? ''}`;
}
