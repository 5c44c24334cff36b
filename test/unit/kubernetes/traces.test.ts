/** Real streams of a real cluster through the decoder, against nothing but JSON.parse and string search. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { constants, zstdDecompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { resourceNamed } from '../../../src/domain/resources.ts';
import { AddressListParser } from '../../../src/kubernetes/address-list-parser.ts';
import { decodeTraceLine } from '../../../src/kubernetes/trace-line.ts';
import { traceFile, traceLines } from '../../../src/recorder/trace-source.ts';

const fixture = (name: string) => join(import.meta.dirname, `../../fixtures/traces/${name}.jsonl.zst`);
const raw = zstdDecompressSync(readFileSync(fixture('incident-1')), { params: { [constants.ZSTD_d_windowLogMax]: 27 } });
const lines = raw.toString().trimEnd().split('\n');

describe('a real trace', () => {
  it('is parsed by what differs into what JSON.parse makes of it, all address lists of a growing Service', async () => {
    const parser = new AddressListParser();
    let lists = 0;
    for await (const line of traceLines(await traceFile(fixture('large')), () => undefined)) {
      const text = Buffer.from(line).toString();
      if (!/"path":"[^"]*endpoint/.test(text.slice(0, 200)) || text.includes('"type":"LIST"')) continue;
      const object = text.slice(text.indexOf('"object":') + 9, -1);
      const value = parser.parse(Buffer.from(object));
      // All are parsed, since each leans on the one before; a part of them is compared.
      if (lists++ % 9 === 0) expect(JSON.stringify(value)).toBe(JSON.stringify(JSON.parse(object)));
    }
    expect(lists).toBeGreaterThan(2_000);
  });

  it('is decoded line by line, and verbatim bodies are the very bytes of the trace', () => {
    let verbatim = 0;
    for (const line of lines) {
      const entry = decodeTraceLine(Buffer.from(line));
      const given = JSON.parse(line);
      if (entry.skipped !== undefined) throw new Error(`skipped: ${entry.path}`);
      expect(new Date(entry.at).toISOString()).toBe(given.at);
      expect(entry.event.type).toBe(given.type);
      if (!('object' in entry.event)) continue;
      const { object } = entry.event;
      expect(object).toMatchObject({ uid: given.object.metadata.uid, resourceVersion: given.object.metadata.resourceVersion });
      if (resourceNamed(entry.stream.resource).storage === 'reduced') continue;
      expect(Buffer.from(object.body).toString()).toBe(line.slice(line.indexOf('"object":') + 9, -1));
      verbatim++;
    }
    expect(verbatim).toBeGreaterThan(100);
  });

  it('is decoded alike when its lines are not written as the recorder of traces writes them', () => {
    for (const line of lines) {
      const { at, path, type, object } = JSON.parse(line);
      const other = ` {"object":${JSON.stringify(object)},"type":"${type}", "path":"${path}","at":"${at}" }`;
      expect(decodeTraceLine(Buffer.from(other))).toEqual(decodeTraceLine(Buffer.from(line)));
    }
  });

  it('keeps nothing of a reduced object but what is allowed', () => {
    const kept = new Set<string>();
    const collect = (value: unknown, path: string) => {
      if (Array.isArray(value)) for (const item of value) collect(item, `${path}[]`);
      else if (typeof value === 'object' && value !== null && !path.endsWith('abels')) {
        for (const [name, inner] of Object.entries(value)) collect(inner, `${path}.${name}`);
      } else kept.add(path);
    };
    for (const line of lines) {
      const entry = decodeTraceLine(Buffer.from(line));
      if (entry.skipped !== undefined || !('object' in entry.event)) continue;
      const { kind, ...value } = entry.event.object.value;
      if (resourceNamed(entry.stream.resource).storage === 'reduced') collect(value, kind ?? '');
    }
    expect([...kept].filter((path) => path.startsWith('Pod')).sort()).toMatchSnapshot();
    expect([...kept].filter((path) => !path.startsWith('Pod')).sort()).toMatchSnapshot();
  });
});
