import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { itemSpans, memberSpans, RawJsonError, textOf } from '../../../src/kubernetes/raw-json.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

// Keys and texts with every kind of character: quotes, backslashes, control characters, U+2028, astral and lone surrogates.
const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('"', '\\', '\\"', '\u2028', '\u2029', 'ü€😀', '{', '}]', ':', ',', '\n', '__proto__', ''),
);
const anyJson = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom(null, true, false, 0, -1.5e-7, 1e21),
    anyText,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(anyText, tie('value'), { maxKeys: 4 }),
  ),
})).value;
const space = fc.constantFrom('', ' ', '\n', '\r\n\t ');

/** A value as text, perhaps indented: the scanner must give back exactly this. */
const valueText = fc
  .tuple(anyJson, fc.constantFrom(undefined, 1, '\t'))
  .map(([value, indent]) => JSON.stringify(value, null, indent));

// The expectations are texts that were put together, not parsed: in Node 26 (V8 14.6) JSON.parse itself takes a key that
// ends in an escape for another one, as in {"p":1,"\\":1} and then {"p":1,"\"":1}. No key of Kubernetes that is read can be so.
describe('the raw JSON scanner', () => {
  it('finds every member of any object, byte for byte; of two members of one name the last', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(anyText, valueText), { maxLength: 6 }), space, (members, gap) => {
        const written = members.map(([name, value]) => `${gap}${JSON.stringify(name)}${gap}:${gap}${value}${gap}`);
        const object = `{${written.join(',') || gap}}`;
        const raw = bytes(`${gap}${object}${gap}`);
        const { whole, members: found } = memberSpans(raw, [...members.map(([name]) => name), 'no such member']);
        const texts = new Map([...found].map(([name, span]) => [name, textOf(raw, span.start, span.end)]));
        expect(texts).toEqual(new Map(members));
        expect(textOf(raw, whole.start, whole.end)).toBe(object);
      }),
    );
  });

  it('cuts any array into the texts of its items', () => {
    fc.assert(
      fc.property(fc.array(valueText, { maxLength: 6 }), space, (items, gap) => {
        const raw = bytes(`${gap}[${items.map((item) => gap + item + gap).join(',') || gap}]`);
        expect(itemSpans(raw).map((span) => textOf(raw, span.start, span.end))).toEqual(items);
      }),
    );
  });

  it('cuts compact items byte for byte', () => {
    const items = ['{"a":"ü\\u00fc\u2028"}', '[1, 2 ]', '"]"', '1e5', 'null'];
    const raw = bytes(`[${items.join(' , ')}]`);
    expect(itemSpans(raw).map((span) => textOf(raw, span.start, span.end))).toEqual(items);
  });

  it('takes the last of two members of one name, as JSON.parse does, also when a key is written with escapes', () => {
    const raw = bytes('{"object":1,"\\u006fbject":{"x":2}}');
    const object = memberSpans(raw, ['object']).members.get('object');
    expect(textOf(raw, object?.start, object?.end)).toBe('{"x":2}');
    expect(JSON.parse(textOf(raw))).toEqual({ object: { x: 2 } });
  });

  it('throws a typed error for every truncation of an object, and never runs past the end', () => {
    fc.assert(
      fc.property(fc.dictionary(anyText, anyJson, { minKeys: 1, maxKeys: 4 }), fc.nat(), (object, where) => {
        const raw = bytes(JSON.stringify(object));
        const cut = raw.subarray(0, where % raw.length);
        expect(() => memberSpans(cut, Object.keys(object))).toThrow(RawJsonError);
      }),
    );
  });

  it('throws a typed error for text that is no object or array', () => {
    for (const text of ['', 'null', '[]', '{"a" 1}', '{"a":}', '{"a":1 "b":2}', '{a:1}', '{"\\x":1}']) {
      expect(() => memberSpans(bytes(text), ['a']), text).toThrow(RawJsonError);
    }
    for (const text of ['', '{}', '[1 2]', '[,]', '[1,', '["']) expect(() => itemSpans(bytes(text)), text).toThrow(RawJsonError);
  });
});
