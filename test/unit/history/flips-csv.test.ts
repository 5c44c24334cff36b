import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { FlipAnswer } from '../../../src/history/answers.ts';
import { CSV_COLUMNS, csvHeader, csvRows } from '../../../src/history/flips-csv.ts';
import { parseCsv } from '../../support/rfc4180.ts';

const flip: FlipAnswer = {
  at: '2026-11-23T16:00:00.001Z',
  notBefore: '2026-11-23T16:00:00.000Z',
  notAfter: '2026-11-23T16:00:00.001Z',
  position: 7,
  cluster: 'test',
  namespace: 'store',
  service: 'cart',
  source: 'endpoints',
  address: '10.0.0.1',
  ports: [
    { name: 'http', port: 8080, protocol: 'TCP' },
    { name: 'grpc', port: 9090, protocol: 'TCP' },
  ],
  pod: { name: 'cart-1', uid: 'u1' },
  node: 'node-1',
  from: 'ready',
  to: 'notReady',
  readyAfter: 2,
  notReadyAfter: 1,
  cause: 'unknown',
  confidence: 'unknown',
  evidence: [],
  origin: 'watch',
};

describe('flips as CSV', () => {
  test('the columns are the public ones, in their order', () => {
    const written =
      'time,cluster,namespace,service,source,address,ports,pod,' +
      'pod_uid,node,zone,from,to,ready_after,not_ready_after,cause,detail,confidence,not_before,not_after,position';
    expect(CSV_COLUMNS.join()).toBe(written);
    expect(csvHeader()).toBe(`${written}\r\n`);
  });

  test('a flip is one row; what is not known is an empty cell', () => {
    const row = parseCsv(csvRows([flip]))[0] ?? [];
    expect(Object.fromEntries(CSV_COLUMNS.map((name, index) => [name, row[index]]))).toEqual({
      time: '2026-11-23T16:00:00.001Z',
      cluster: 'test',
      namespace: 'store',
      service: 'cart',
      source: 'endpoints',
      address: '10.0.0.1',
      ports: 'grpc:9090/TCP,http:8080/TCP',
      pod: 'cart-1',
      pod_uid: 'u1',
      node: 'node-1',
      zone: '',
      from: 'ready',
      to: 'notReady',
      ready_after: '2',
      not_ready_after: '1',
      cause: 'unknown',
      detail: '',
      confidence: 'unknown',
      not_before: '2026-11-23T16:00:00.000Z',
      not_after: '2026-11-23T16:00:00.001Z',
      position: '7',
    });
  });

  test('no flips are no rows', () => {
    expect(csvRows([])).toBe('');
  });

  const detailOf = (detail: string) => parseCsv(csvRows([{ ...flip, detail }]))[0]?.[CSV_COLUMNS.indexOf('detail')];

  test.each([
    ['plain', 'plain'],
    ['a,b', '"a,b"'],
    ['a"b', '"a""b"'],
    // Spreadsheets end a row at either of them alone.
    ['a\nb', '"a\nb"'],
    ['a\rb', '"a\rb"'],
    ['=a,"b"', `"'=a,""b"""`],
  ])('the cell %j is written as %j', (detail, written) => {
    expect(csvRows([{ ...flip, detail }])).toBe(csvRows([{ ...flip, detail: 'DETAIL' }]).replace('DETAIL', written));
  });

  test.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', '\uFF1D1', '\uFF0B1', '\uFF0D1', '\uFF201'])(
    'a cell that a spreadsheet would run (%j) gets an apostrophe in front',
    (detail) => {
      expect(detailOf(detail)).toBe(`'${detail}`);
    },
  );

  test('a number is written as it is, also a negative one', () => {
    const row = parseCsv(csvRows([{ ...flip, readyAfter: -1 }]))[0];
    expect(row?.[CSV_COLUMNS.indexOf('ready_after')]).toBe('-1');
  });

  test('property: any text comes back as it was, but for that apostrophe', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom('"', ',', '\r', '\n', '=', '\uFF1D', "'", 'a') })),
        (detail) => {
          const back = detailOf(detail);
          expect(back === detail || back === `'${detail}`).toBe(true);
          expect(back).not.toMatch(/^[=+\-@\t\r\uFF1D\uFF0B\uFF0D\uFF20]/);
        },
      ),
    );
  });
});
