import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseView, type View, viewQuery } from '../../../web/src/lib/view.ts';

const NOW = Date.parse('2026-11-23T14:30:00.000Z');

const time = fc.oneof(
  fc.integer({ min: 0, max: 253_402_300_799_999 }).map((at) => new Date(at).toISOString()),
  fc.constantFrom('now', 'now-15m', 'now-1h', 'now-250ms'),
);
const text = fc.string({ minLength: 1, maxLength: 40, unit: 'grapheme' });
const optional = <T>(name: string, values: fc.Arbitrary<T>) =>
  fc.option(
    values.map((value) => ({ [name]: value })),
    { nil: {} },
  );

const view = fc
  .tuple(
    fc.oneof(
      fc.constant({ screen: 'services' }),
      fc.constant({ screen: 'coverage' }),
      fc
        .tuple(
          text.filter((part) => !part.includes('/')),
          text,
        )
        .map(([namespace, name]) => ({ screen: 'service', namespace, name })),
    ),
    optional('at', time),
    optional('b', time),
    fc.oneof(
      fc.constant({}),
      fc.constant({ from: 'now-1h', to: 'now' }),
      fc.constant({ from: '2026-11-23T14:00:00.000Z', to: '2026-11-23T14:20:00.000Z' }),
    ),
    optional('q', text),
    optional('cause', text),
    optional('cluster', text),
    fc.option(
      fc.tuple(text, time).map(([lane, segment]) => ({ lane, segment })),
      { nil: {} },
    ),
    optional('source', fc.constantFrom('endpoints', 'endpointslices')),
    optional('asof', fc.nat()),
    fc.record({
      tab: fc.constantFrom('flips', 'state', 'compare'),
      allLanes: fc.boolean(),
      zone: fc.constantFrom('UTC', 'local', 'Europe/Berlin'),
    }),
  )
  .map((parts) => Object.assign({}, ...parts) as View);

describe('the view in the link', () => {
  it('comes back from its own query, whatever the names hold', () => {
    fc.assert(
      fc.property(view, (wanted) => {
        expect(parseView(viewQuery(wanted), NOW)).toEqual({ view: wanted, notices: [] });
      }),
    );
  });

  it('is never broken by any query: what is not understood is left out and told', () => {
    const names = ['from', 'to', 'at', 'b', 'segment', 'source', 'tab', 'lanes', 'asof', 'tz', 'service', 'state', 'screen'];
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom(...names), fc.string({ maxLength: 200 })), { maxLength: 8 }), (pairs) => {
        const query = new URLSearchParams(pairs);
        const { view: parsed, notices } = parseView(`?${query}`, NOW);
        expect(parseView(viewQuery(parsed), NOW)).toEqual({ view: parsed, notices: [] });
        for (const notice of notices) expect(notice.length).toBeLessThan(200);
      }),
    );
  });

  it.each([
    ['from=yesterday', 'from'],
    ['tz=Mars%2FX', 'tz'],
    ['service=checkout', 'service'],
    ['source=dns', 'source'],
    ['asof=-1', 'asof'],
    ['tab=nope', 'tab'],
  ])('says that %s was ignored', (query, name) => {
    const { notices } = parseView(`?${query}`, NOW);
    expect(notices).toHaveLength(1);
    expect(notices[0]).toContain(name);
  });

  it('refuses a range that ends before it begins', () => {
    const { view: parsed, notices } = parseView('?from=2026-11-23T15:00:00Z&to=2026-11-23T14:00:00Z', NOW);
    expect(parsed).not.toHaveProperty('from');
    expect(notices).toHaveLength(1);
  });

  it('takes times in any form and holds them in one', () => {
    expect(parseView('?at=1795443330000', NOW).view.at).toBe(new Date(1795443330000).toISOString());
    expect(parseView('?at=2026-11-23T15:00:00%2B01:00', NOW).view.at).toBe('2026-11-23T14:00:00.000Z');
    expect(parseView('?at=now-5m', NOW).view.at).toBe('now-5m');
  });
});
