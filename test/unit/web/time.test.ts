import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { epochMs, parseTime } from '../../../src/domain/time.ts';
import { formatDuration, formatSpan } from '../../../web/src/lib/duration.ts';
import { ticks } from '../../../web/src/lib/ticks.ts';
import { canonicalTime, parseTimeText } from '../../../web/src/lib/time-text.ts';
import { formatInstant, fromWall, isZone, offsetMs, zoneLabel } from '../../../web/src/lib/zone.ts';

const NOW = Date.parse('2026-11-23T14:30:00.000Z');
const instant = fc.integer({ min: Date.parse('1990-01-01T00:00:00Z'), max: Date.parse('2060-01-01T00:00:00Z') });
const zone = fc.constantFrom('UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kolkata', 'Australia/Lord_Howe', 'Pacific/Apia');

describe('a time as typed', () => {
  const server = (text: string): number | undefined => {
    try {
      return parseTime(text, epochMs(NOW));
    } catch {
      return undefined;
    }
  };

  it('is understood as the server understands it', () => {
    const relative = fc
      .tuple(fc.constantFrom('now-', 'now+'), fc.integer({ min: 0, max: 500 }), fc.constantFrom('ms', 's', 'm', 'h', 'd', 'w'))
      .map((parts) => parts.join(''));
    const offset = fc
      .tuple(instant, fc.constantFrom('+01:00', '-05:30', '+12:45', 'Z', 'z'))
      .map(([at, suffix]) => new Date(at).toISOString().replace('Z', suffix));
    const digits = fc.integer({ min: 0 }).map(String);
    fc.assert(
      fc.property(fc.oneof(relative, offset, digits, fc.constant('now'), instant.map(String)), (text) => {
        expect(parseTimeText(text, NOW)).toBe(server(text));
      }),
    );
  });

  it.each(['', 'yesterday', '2026-02-30T00:00:00Z', '2026-13-01T00:00:00Z', 'now-5x', '-1', 'now-999999w', '9'.repeat(16)])(
    '%j is refused, as the server refuses it',
    (text) => {
      expect(parseTimeText(text, NOW)).toBeUndefined();
      expect(server(text)).toBeUndefined();
    },
  );

  it('without an offset is UTC, with or without seconds', () => {
    expect(parseTimeText('2026-11-23 14:02', NOW)).toBe(Date.parse('2026-11-23T14:02:00Z'));
    expect(parseTimeText('2026-11-23T14:02:10.5', NOW)).toBe(Date.parse('2026-11-23T14:02:10.500Z'));
  });

  it('is written into the link so that the server reads the same instant; relative ones stay relative', () => {
    fc.assert(
      fc.property(instant, (at) => {
        const text = canonicalTime(String(at), NOW);
        expect(server(text ?? '')).toBe(at);
      }),
    );
    expect(canonicalTime(' now-15m ', NOW)).toBe('now-15m');
  });
});

describe('a clock of a zone', () => {
  it('in UTC shows what RFC 3339 writes', () => {
    fc.assert(
      fc.property(instant, (at) => {
        expect(formatInstant(at, 'UTC')).toBe(new Date(at).toISOString().replace('T', ' ').slice(0, 23));
      }),
    );
  });

  it('gives the instant back for the wall time it shows, or the first of two equal ones', () => {
    fc.assert(
      fc.property(instant, zone, (at, tz) => {
        const wall = at + offsetMs(at, tz);
        const back = fromWall(wall, tz);
        expect(back + offsetMs(back, tz)).toBe(wall);
        expect(back).toBeLessThanOrEqual(at);
      }),
    );
  });

  it('names its offset as it is on that day', () => {
    expect(zoneLabel('Europe/Berlin', Date.parse('2026-07-01T00:00:00Z'))).toBe('Europe/Berlin, UTC+02:00');
    expect(zoneLabel('Europe/Berlin', Date.parse('2026-12-01T00:00:00Z'))).toBe('Europe/Berlin, UTC+01:00');
    expect(zoneLabel('America/New_York', Date.parse('2026-12-01T00:00:00Z'))).toBe('America/New_York, UTC−05:00');
    expect(zoneLabel('UTC', 0)).toBe('UTC');
  });

  it('knows which zones there are', () => {
    expect(isZone('Europe/Berlin')).toBe(true);
    expect(isZone('Mars/Olympus')).toBe(false);
  });
});

describe('the marks of a time axis', () => {
  const span = fc.integer({ min: 20, max: 3 * 365 * 86_400_000 });

  it('lie in the range, grow, and are neither crowded nor missing', () => {
    fc.assert(
      fc.property(instant, span, fc.integer({ min: 200, max: 4_000 }), (from, length, width) => {
        const list = ticks(from, from + length, width, 'UTC', 80);
        expect(list.length).toBeLessThanOrEqual(width / 80 + 1);
        if (width >= 800 && length >= 1_000) expect(list.length).toBeGreaterThan(0);
        list.forEach(({ at }, index) => {
          expect(at).toBeGreaterThanOrEqual(from);
          expect(at).toBeLessThanOrEqual(from + length);
          const before = list[index - 1];
          if (before) expect(((at - before.at) / length) * width).toBeGreaterThanOrEqual(79.999);
        });
      }),
    );
  });

  it('stand on whole hours of the zone through a change of daylight saving', () => {
    for (const day of ['2026-03-28T12:00:00Z', '2026-10-24T12:00:00Z']) {
      const from = Date.parse(day);
      const list = ticks(from, from + 36 * 3_600_000, 1_200, 'Europe/Berlin', 84);
      expect(list.length).toBeGreaterThan(8);
      for (const { at, label } of list) {
        expect(formatInstant(at, 'Europe/Berlin', 'clock').slice(2)).toBe(':00:00');
        expect(label).toBe(formatInstant(at, 'Europe/Berlin', 'minutes').slice(11));
      }
      expect(new Set(list.map(({ at }) => at)).size).toBe(list.length);
    }
  });

  it('carry the date on the first and wherever the day changes', () => {
    const from = Date.parse('2026-11-23T20:00:00Z');
    const list = ticks(from, from + 8 * 3_600_000, 1_000, 'UTC', 84);
    expect(list.filter(({ date }) => date).map(({ label, date }) => `${date} ${label}`)).toEqual([
      '2026-11-23 20:00',
      '2026-11-24 00:00',
    ]);
  });
});

describe('a duration', () => {
  it('is never told longer than it was, and by less than its last unit shorter', () => {
    const unit = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 40 * 86_400_000 }), (ms) => {
        const parts = [...formatDuration(ms).matchAll(/([\d.]+)(ms|s|m|h|d)/g)];
        const told = parts.reduce((sum, [, amount, name]) => sum + Number(amount) * unit[name as keyof typeof unit], 0);
        expect(told).toBeLessThanOrEqual(ms + 1e-6);
        const last = parts.at(-1)?.[2] as keyof typeof unit;
        expect(ms - told).toBeLessThan(unit[last]);
      }),
    );
  });

  it('says that it is a lower bound', () => {
    expect(formatSpan(105_000, true)).toBe('≥ 1m45s');
    expect(formatSpan(105_000, false)).toBe('1m45s');
  });
});
