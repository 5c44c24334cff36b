import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AddressListParser } from '../../../src/kubernetes/address-list-parser.ts';

const bytes = (text: string) => Buffer.from(text);
/** Long enough that versions are compared at all. */
const PADDING = 'x'.repeat(4_096);

const address = (ip: number, more = '') =>
  `{"ip":"10.0.0.${ip}","nodeName":"nöde","targetRef":{"kind":"Pod","name":"web-${ip}"}${more}}`;
const endpoint = (ip: number, ready: boolean) =>
  `{"addresses":["10.0.0.${ip}"],"conditions":{"ready":${ready}},"zone":"a}]\\"[{"}`;

const head = (kind: string, version: number) =>
  `{"kind":"${kind}","apiVersion":"v1","metadata":{"name":"web","namespace":"shop","uid":"u","resourceVersion":"${version}","annotations":{"padding":"${PADDING}"}}`;
const slice = (version: number, items: readonly string[], tail = ',"ports":[{"port":80}]}') =>
  `${head('EndpointSlice', version)},"addressType":"IPv4","endpoints":[${items.join(',')}]${tail}`;
const subset = (ready: readonly string[], notReady: readonly string[]) =>
  `{"addresses":[${ready.join(',')}],"notReadyAddresses":[${notReady.join(',')}],"ports":[{"port":80}]}`;
const endpoints = (version: number, subsets: readonly string[]) =>
  `${head('Endpoints', version)},"subsets":[${subsets.join(',')}]}`;

interface Slice {
  readonly endpoints: readonly object[];
}

/** JSON.parse of the same bytes, or the fact that it throws. */
function outcome(parse: () => unknown): unknown {
  try {
    return { value: parse() };
  } catch (error) {
    return { threw: (error as Error).name };
  }
}

const items = fc.array(fc.tuple(fc.nat(12), fc.boolean()), { maxLength: 24 });
const anySlice = items.map((list) => list.map(([ip, ready]) => endpoint(ip, ready)));
const anySubset = fc.tuple(items, items).map((lists) => {
  const [ready = [], notReady = []] = lists.map((list) => list.map(([ip, named]) => address(ip, named ? ',"hostname":"ü"' : '')));
  return subset(ready, notReady);
});
const anyText = fc.oneof(
  fc.tuple(fc.nat(99), anySlice).map(([version, list]) => slice(version, list)),
  fc.tuple(fc.nat(99), fc.array(anySubset, { maxLength: 3 })).map(([version, list]) => endpoints(version, list)),
);

/** Something else somewhere: what a server could write differently, or a line could be damaged by. */
const PIECES = [
  ...[
    '',
    ' ',
    '\n',
    ',',
    ':',
    '{',
    '}',
    '[',
    ']',
    '"',
    '\\',
    'null',
    '{}',
    '[]',
    '0',
    '\u2028',
    '"endpoints":[],',
    '"subsets":null,',
  ],
  ...['"subsets":[{"addresses":[]}],', '"\\u0065ndpoints":[1],', '{"addresses":[]},', '"addresses":[{"ip":"10.0.0.9"}],'],
];
const damaged = fc
  .tuple(
    anyText,
    fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(3), fc.constantFrom(...PIECES)), { maxLength: 3 }),
  )
  .map(([text, edits]) => {
    const start = text.indexOf(PADDING) + PADDING.length;
    return edits.reduce((now, [place, cut, piece]) => {
      const at = start + Math.floor(place * Math.max(0, now.length - start));
      return now.slice(0, at) + piece + now.slice(at + cut);
    }, text);
  });

describe('the parser of address lists', () => {
  it('makes of every version what JSON.parse makes of it', () => {
    fc.assert(
      fc.property(fc.array(anyText, { minLength: 2, maxLength: 8 }), (texts) => {
        const parser = new AddressListParser();
        for (const text of texts) expect(parser.parse(bytes(text))).toEqual(JSON.parse(text));
      }),
      { numRuns: 500 },
    );
  });

  it('makes of a text that is written or broken in any way what JSON.parse makes of it', () => {
    fc.assert(
      fc.property(fc.array(damaged, { minLength: 2, maxLength: 6 }), (texts) => {
        const parser = new AddressListParser();
        for (const text of texts) {
          expect(outcome(() => parser.parse(bytes(text)))).toEqual(outcome(() => JSON.parse(text)));
        }
      }),
      { numRuns: 3_000 },
    );
  });

  it('reads bytes that are no UTF-8 as JSON.parse of their text does', () => {
    const broken = (ip: number) =>
      bytes(slice(ip, [endpoint(1, true), endpoint(ip, true)])).map((byte) => (byte === 0x61 ? 0xc3 : byte));
    const parser = new AddressListParser();
    for (const ip of [2, 3]) {
      const raw = broken(ip);
      expect(parser.parse(raw)).toEqual(JSON.parse(Buffer.from(raw).toString()));
    }
  });

  it('shares an address whose bytes did not change, wherever it stands now', () => {
    const of = (...ips: number[]) => ips.map((ip) => endpoint(ip, true));
    const parser = new AddressListParser();
    const parse = (text: string) => (parser.parse(bytes(text)) as Slice).endpoints;
    const first = parse(slice(1, of(1, 2, 3, 4, 5)));
    const second = parse(slice(20, [...of(1), endpoint(2, false), ...of(3, 5, 6)]));
    expect(second.map((item) => first.indexOf(item))).toEqual([0, -1, 2, 4, -1]);
    const third = parse(slice(3, [...of(9, 1), endpoint(2, false), ...of(3, 6)]));
    expect(third.map((item) => second.indexOf(item))).toEqual([-1, 0, 1, 2, 4]);
  });

  it('finds its way again when more addresses than it looks ahead were replaced', () => {
    const of = (from: number, count: number) => Array.from({ length: count }, (_, index) => endpoint(from + index, true));
    const parser = new AddressListParser();
    const parse = (text: string) => (parser.parse(bytes(text)) as Slice).endpoints;
    const first = parse(slice(1, [...of(100, 300), ...of(500, 50)]));
    const second = parse(slice(2, [...of(600, 300), ...of(500, 50)]));
    expect(second.slice(300).every((item, index) => item === first[300 + index])).toBe(true);
  });

  it('keeps objects apart, and does not mind that the bytes it was given are used again', () => {
    const parser = new AddressListParser();
    const texts = ['a', 'b'].map((uid) =>
      slice(1, [endpoint(1, true), endpoint(2, true)]).replace('"uid":"u"', `"uid":"${uid}"`),
    );
    const memory = Buffer.alloc(20_000);
    for (const text of [...texts, ...texts.map((each) => each.replace('10.0.0.2', '10.0.0.3'))]) {
      const length = memory.write(text);
      expect(parser.parse(memory.subarray(0, length))).toEqual(JSON.parse(text));
    }
  });
});
