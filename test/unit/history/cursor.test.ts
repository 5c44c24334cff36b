import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { epochMs } from '../../../src/domain/time.ts';
import { readFlipsCursor, readServicesCursor, writeFlipsCursor, writeServicesCursor } from '../../../src/history/cursor.ts';
import { InvalidQuestionError } from '../../../src/history/history.ts';
import { position } from '../../../src/store/event-store.ts';

const whole = fc.nat({ max: 2 ** 31 - 1 });

describe('cursors of pages', () => {
  test('property: a cursor of flips reads back as written, in characters that a URL carries as they are', () => {
    fc.assert(
      fc.property(whole, whole, whole, whole, whole, whole, whole, (at, place, ordinal, asOf, from, to, horizon) => {
        const cursor = {
          after: { at: epochMs(at), position: position(place), ordinal },
          asOf: position(asOf),
          from: epochMs(from),
          to: epochMs(to),
          horizon: position(horizon),
        };
        const text = writeFlipsCursor(cursor);
        expect(text).toMatch(/^[A-Za-z0-9_-]+$/);
        expect(readFlipsCursor(text)).toEqual(cursor);
      }),
    );
  });

  test('property: a cursor of Services reads back as written, whatever the names', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string(), whole, (cluster, namespace, name, asOf) => {
        const cursor = { after: { cluster, namespace, name }, asOf: position(asOf), at: epochMs(5) };
        expect(readServicesCursor(writeServicesCursor(cursor))).toEqual(cursor);
      }),
    );
  });

  const flips = writeFlipsCursor({
    after: { at: epochMs(1), position: position(2), ordinal: 0 },
    asOf: position(3),
    from: epochMs(0),
    to: epochMs(9),
    horizon: position(0),
  });
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

  test.each([
    ['empty text', ''],
    ['text that is not base64url', 'a b=c'],
    ['a cut cursor', flips.slice(0, -3)],
    ['a cursor with more behind it', `${flips}AA`],
    [
      'a cursor of another question',
      writeServicesCursor({ after: { cluster: 'c', namespace: 'n', name: 's' }, asOf: position(1), at: epochMs(1) }),
    ],
    ['fields of another kind', encode(['flips', '1', 2, 0, 3, 0, 9, 0])],
    ['a negative position', encode(['flips', 1, -2, 0, 3, 0, 9, 0])],
    ['a time beyond the calendar', encode(['flips', 1e17, 2, 0, 3, 0, 9, 0])],
    ['a field too many', encode(['flips', 1, 2, 0, 3, 0, 9, 9, 9])],
    ['JSON that is no list', encode({ at: 1 })],
  ])('%s is refused, and the parameter named', (_what, text) => {
    const read = () => readFlipsCursor(text);
    expect(read).toThrow(InvalidQuestionError);
    expect(read).toThrow(expect.objectContaining({ parameter: 'cursor' }));
  });
});
