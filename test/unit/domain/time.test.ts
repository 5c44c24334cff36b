import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { epochMs, formatTime, InvalidTimeError, MAX_INSTANT, parseRfc3339, parseTime } from '../../../src/domain/time.ts';

const anyInstant = fc.integer({ min: 0, max: MAX_INSTANT }).map(epochMs);
const NOW = epochMs(Date.UTC(2026, 10, 23, 16, 18, 12, 224));
const two = (value: number) => String(value).padStart(2, '0');

/** An offset that RFC 3339 allows, with its length in milliseconds. */
const anyOffset = fc
  .record({ sign: fc.constantFrom(1, -1), hours: fc.integer({ min: 0, max: 23 }), minutes: fc.integer({ min: 0, max: 59 }) })
  .map(({ sign, hours, minutes }) => ({
    text: `${sign < 0 ? '-' : '+'}${two(hours)}:${two(minutes)}`,
    ms: sign * (hours * 60 + minutes) * 60_000,
  }));

describe('an instant as text', () => {
  it('comes back as it was, whichever way it is read', () => {
    fc.assert(
      fc.property(anyInstant, (at) => {
        expect(formatTime(at)).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
        expect(parseRfc3339(formatTime(at))).toBe(at);
        expect(parseTime(formatTime(at), NOW)).toBe(at);
        expect(parseTime(String(at), NOW)).toBe(at);
      }),
    );
  });

  it('is the same instant in every offset', () => {
    const dayOff = 86_400_000;
    const inside = fc.integer({ min: dayOff, max: MAX_INSTANT - dayOff }).map(epochMs);
    fc.assert(
      fc.property(inside, anyOffset, (at, offset) => {
        const local = new Date(at + offset.ms).toISOString().replace('Z', offset.text);
        expect(parseRfc3339(local)).toBe(at);
      }),
    );
  });

  it('loses digits beyond the millisecond and never moves into the future', () => {
    fc.assert(
      fc.property(anyInstant, fc.stringMatching(/^\d{0,12}$/), (at, digits) => {
        expect(parseRfc3339(formatTime(at).replace('Z', `${digits}Z`))).toBe(at);
      }),
    );
  });

  it('reads a fraction of one or two digits as tenths and hundredths', () => {
    expect(parseRfc3339('1970-01-01T00:00:01.5Z')).toBe(1_500);
    expect(parseRfc3339('1970-01-01T00:00:01.25Z')).toBe(1_250);
    expect(parseRfc3339('1970-01-01T00:00:01.007Z')).toBe(1_007);
  });

  it('may write T and Z small, or a space for the T', () => {
    for (const text of ['2026-11-23t16:18:12.224z', '2026-11-23 16:18:12.224Z']) expect(parseRfc3339(text)).toBe(NOW);
  });

  it('takes a leap second for the second after it', () => {
    expect(parseRfc3339('2016-12-31T23:59:60Z')).toBe(Date.UTC(2017, 0, 1));
  });

  it('names a day that exists, or is refused', () => {
    const parts = fc.tuple(
      fc.integer({ min: 1970, max: 2400 }),
      fc.integer({ min: 0, max: 13 }),
      fc.integer({ min: 0, max: 32 }),
    );
    const exists = (year: number, month: number, day: number) =>
      month >= 1 && month <= 12 && day >= 1 && day <= new Date(Date.UTC(year, month, 0)).getUTCDate();
    fc.assert(
      fc.property(parts, ([year, month, day]) => {
        const read = parseRfc3339(`${year}-${two(month)}-${two(day)}T12:00:00Z`);
        expect(read).toBe(exists(year, month, day) ? Date.UTC(year, month - 1, day, 12) : undefined);
      }),
      { examples: [[[2024, 2, 29]], [[2023, 2, 29]], [[2100, 2, 29]], [[2026, 0, 15]], [[2026, 4, 31]]] },
    );
  });

  it.each([
    '',
    'yesterday',
    '2026-11-23',
    '2026-11-23T16:18:12',
    '2026-11-23T16:18Z',
    '2026-11-23T24:00:00Z',
    '2026-11-23T16:60:00Z',
    '2026-11-23T16:18:61Z',
    '2026-11-23T16:18:12.Z',
    '2026-11-23T16:18:12+0100',
    '2026-11-23T16:18:12+24:00',
    '2026-11-23T16:18:12+01:60',
    '26-11-23T16:18:12Z',
    '02026-11-23T16:18:12Z',
    '٢٠٢٦-11-23T16:18:12Z',
    ' 2026-11-23T16:18:12Z',
  ])('is not %j', (text) => {
    expect(parseRfc3339(text)).toBeUndefined();
  });

  it.each(['1969-12-31T23:59:59Z', '0070-01-01T00:00:00Z', '0000-01-01T00:00:00Z', '1970-01-01T00:59:59+01:00'])(
    'is not before the epoch: %s',
    (text) => {
      expect(parseRfc3339(text)).toBeUndefined();
    },
  );

  it('ends with the year 9999', () => {
    expect(formatTime(MAX_INSTANT)).toBe('9999-12-31T23:59:59.999Z');
    expect(parseRfc3339('9999-12-31T23:59:59.999-00:01')).toBeUndefined();
    expect(() => parseTime(String(MAX_INSTANT + 1), NOW)).toThrow(InvalidTimeError);
  });
});

describe('a time as a user types it', () => {
  it('is relative to now in every unit', () => {
    const units = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };
    fc.assert(
      fc.property(
        fc.constantFrom(...(Object.keys(units) as (keyof typeof units)[])),
        fc.integer({ min: 0, max: 2_000 }),
        (unit, amount) => {
          expect(parseTime(`now-${amount}${unit}`, NOW)).toBe(NOW - amount * units[unit]);
          expect(parseTime(`now+${amount}${unit}`, NOW)).toBe(NOW + amount * units[unit]);
        },
      ),
    );
  });

  it('may be a fraction of a unit, cut to the millisecond before', () => {
    expect(parseTime('now-1.5h', NOW)).toBe(NOW - 5_400_000);
    expect(parseTime('now-0.5ms', NOW)).toBe(NOW - 1);
    expect(parseTime('now+0.5ms', NOW)).toBe(NOW);
  });

  it('may stand between spaces', () => {
    expect(parseTime(' now ', NOW)).toBe(NOW);
    expect(parseTime(' 2026-11-23T16:18:12.224Z\n', NOW)).toBe(NOW);
  });

  it('is either understood or refused with an InvalidTimeError', () => {
    const pieces = fc.constantFrom(
      'now',
      '-',
      '+',
      '.',
      '15',
      'm',
      'h',
      'ms',
      '2026-11-23',
      'T',
      '16:18:12',
      'Z',
      '+01:00',
      ' ',
      'e9',
    );
    const typed = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(pieces, { maxLength: 6 }).map((each) => each.join('')),
    );
    fc.assert(
      fc.property(typed, (text) => {
        try {
          const at = parseTime(text, NOW);
          expect(Number.isInteger(at) && at >= 0 && at <= MAX_INSTANT).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidTimeError);
        }
      }),
      { numRuns: 500 },
    );
  });

  it.each(['-5', '9'.repeat(16), 'now-100000w', 'now-', 'now15m', 'now-15', 'now-15M', 'now - 15m', '1e12', '0x10', '12.5'])(
    'is refused as %j',
    (text) => {
      expect(() => parseTime(text, NOW)).toThrow(InvalidTimeError);
    },
  );

  it('is shown in the refusal, cut short, together with what would be right', () => {
    expect(() => parseTime('12 o’clock', NOW)).toThrow(/"12 o’clock" is not a time: write RFC 3339 .* or now, now-15m, now-1h/);
    const long = 'x'.repeat(5_000);
    expect(() => parseTime(long, NOW)).toThrow(/^"x{60}…" is not a time/);
  });
});

it('writes instants as the runtime does, whichever were written before', () => {
  const near = fc.integer({ min: 0, max: 200_000 }).map((ms) => epochMs(Date.UTC(2026, 11, 31, 23, 58) + ms));
  const any = fc.integer({ min: 0, max: MAX_INSTANT }).map(epochMs);
  fc.assert(
    fc.property(fc.array(fc.oneof(near, any)), (instants) => {
      expect(instants.map(formatTime)).toEqual(instants.map((at) => new Date(at).toISOString()));
    }),
  );
});
