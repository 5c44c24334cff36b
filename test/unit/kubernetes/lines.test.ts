import { describe, expect, it } from 'vitest';
import { resourceNamed } from '../../../src/domain/resources.ts';
import { UndecodableError } from '../../../src/kubernetes/received.ts';
import { decodeTraceLine, TraceLineError } from '../../../src/kubernetes/trace-line.ts';
import { decodeWatchLine } from '../../../src/kubernetes/watch-line.ts';

const ENDPOINTS = resourceNamed('v1/endpoints');
const bytes = (text: string) => Buffer.from(text);
const object =
  '{"kind":"Endpoints","apiVersion":"v1","metadata":{"name":"cart","namespace":"store","uid":"u-1","resourceVersion":"7"},"subsets":[{"note":"}\u2028ü"}]}';

describe('a watch line', () => {
  it('gives the object byte for byte, however the envelope is written', () => {
    const envelopes = [
      `{"type":"MODIFIED","object":${object}}`,
      `{"type":"MODIFIED","object":${object}}\r`,
      ` { "object" : ${object} , "type" : "MODIFIED" } `,
      `{"type":"MODIFIED","object":1,"object":${object}}`,
      `{"type":"MODIFIED","object":${object},"more":{}}`,
      `{"\\u0074ype":"MODIFIED","object":${object}}`,
    ];
    for (const line of envelopes) {
      const event = decodeWatchLine(ENDPOINTS, bytes(line));
      expect(event.type, line).toBe('MODIFIED');
      expect('object' in event && Buffer.from(event.object.body).toString()).toBe(object);
    }
  });

  it('tells the end of the initial events from any other bookmark', () => {
    const line = (annotations: string) =>
      bytes(
        `{"type":"BOOKMARK","object":{"kind":"Endpoints","apiVersion":"v1","metadata":{"resourceVersion":"1004"${annotations}},"subsets":null}}`,
      );
    const marked = (text: string) => decodeWatchLine(ENDPOINTS, line(text));
    expect(marked(',"annotations":{"k8s.io/initial-events-end":"true"}')).toEqual({
      type: 'BOOKMARK',
      resourceVersion: '1004',
      initialEventsEnd: true,
    });
    for (const not of [
      '',
      ',"annotations":{}',
      ',"annotations":{"k8s.io/initial-events-end":"false"}',
      ',"annotations":{"k8s.io/initial-events-end":true}',
    ]) {
      expect(marked(not)).toMatchObject({ initialEventsEnd: false });
    }
  });

  it('reads the status of an ERROR as the API server writes it', () => {
    const line =
      '{"type":"ERROR","object":{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"too old resource version: 1 (502)","reason":"Expired","code":410}}';
    expect(decodeWatchLine(ENDPOINTS, bytes(line))).toEqual({
      type: 'ERROR',
      status: { code: 410, reason: 'Expired', message: 'too old resource version: 1 (502)', causes: [] },
    });
    const timeout =
      '{"type":"ERROR","object":{"details":{"causes":[{"reason":"ResourceVersionTooLarge"}],"retryAfterSeconds":1},"code":504,"reason":"Timeout"}}';
    expect(decodeWatchLine(ENDPOINTS, bytes(timeout))).toMatchObject({
      status: { causes: ['ResourceVersionTooLarge'], retryAfterSeconds: 1 },
    });
  });

  it.each([
    ['garbage', 'garbage', 'not-json'],
    ['nothing', '', 'not-json'],
    ['half a line', `{"type":"ADDED","object":${object.slice(0, 80)}`, 'not-json'],
    ['half a line that ends in a brace', '{"type":"ADDED","object":{"metadata":{"name":"a"}', 'not-json'],
    ['two events in a line', `{"type":"ADDED","object":${object}}{"type":"ADDED","object":${object}}`, 'not-json'],
    ['a web page', '<html><body>login', 'html'],
    ['an unknown type', `{"type":"SYNCED","object":${object}}`, 'unknown-type'],
    ['no type', `{"object":${object}}`, 'unexpected'],
    ['no object', '{"type":"ADDED"}', 'unexpected'],
    ['a bare Table', '{"kind":"Table","rows":[]}', 'table'],
    ['a Table', '{"type":"ADDED","object":{"kind":"Table","metadata":{"resourceVersion":"1"},"rows":[]}}', 'table'],
    [
      'an object without a version',
      '{"type":"ADDED","object":{"metadata":{"name":"a","namespace":"b","uid":"c"}}}',
      'no-version',
    ],
    ['a bookmark without a version', '{"type":"BOOKMARK","object":{"kind":"Endpoints","metadata":{}}}', 'no-version'],
    ['a bookmark of nothing', '{"type":"BOOKMARK","object":null}', 'no-version'],
    [
      'a bookmark of another kind',
      '{"type":"BOOKMARK","object":{"kind":"Pod","metadata":{"resourceVersion":"1"}}}',
      'unexpected',
    ],
    ['a number', '12', 'unexpected'],
    ['null', 'null', 'unexpected'],
  ])('refuses %s', (_, line, problem) => {
    expect(() => decodeWatchLine(ENDPOINTS, bytes(line))).toThrow(expect.objectContaining({ problem }));
    expect(() => decodeWatchLine(ENDPOINTS, bytes(line))).toThrow(UndecodableError);
  });
});

describe('a trace line', () => {
  const head = '"at":"2026-11-23T16:18:12.224Z","path":"/api/v1/endpoints"';

  it('gives time, stream and event, in whatever order the fields stand', () => {
    for (const line of [`{${head},"type":"ADDED","object":${object}}`, `{"object":${object},"type":"ADDED",${head}}\r`]) {
      const entry = decodeTraceLine(bytes(line));
      expect(entry).toMatchObject({
        at: Date.UTC(2026, 10, 23, 16, 18, 12, 224),
        stream: { resource: 'v1/endpoints' },
        event: { type: 'ADDED' },
      });
      const event = entry.skipped === undefined ? entry.event : undefined;
      expect(event?.type === 'ADDED' && Buffer.from(event.object.body).toString()).toBe(object);
    }
  });

  it('gives a whole list as one event', () => {
    const line = `{${head},"type":"LIST","object":{"kind":"EndpointsList","apiVersion":"v1","metadata":{"resourceVersion":"9"},"items":[${object}]}}`;
    expect(decodeTraceLine(bytes(line))).toMatchObject({
      event: { type: 'LIST', resourceVersion: '9', objects: [{ uid: 'u-1' }] },
    });
  });

  it('knows the stream of one namespace', () => {
    const line = `{"at":"2026-11-23T16:18:12Z","path":"/api/v1/namespaces/store/endpoints","type":"DELETED","object":${object}}`;
    expect(decodeTraceLine(bytes(line))).toMatchObject({ stream: { resource: 'v1/endpoints', namespace: 'store' } });
  });

  it('reports a path that is not recorded instead of failing', () => {
    const line = '{"at":"2026-11-23T16:18:12Z","path":"/apis/batch/v1/jobs","type":"ADDED","object":{}}';
    expect(decodeTraceLine(bytes(line))).toEqual({
      skipped: 'unknown-path',
      at: Date.UTC(2026, 10, 23, 16, 18, 12),
      path: '/apis/batch/v1/jobs',
    });
  });

  it.each([
    ['not JSON', '{"at":', undefined, 'not JSON'],
    ['an empty line', '', undefined, 'an empty line'],
    ['a JSON array', '[]', undefined, 'not a JSON object'],
    ['no at', `{"path":"/api/v1/endpoints","type":"ADDED","object":${object}}`, 'at', '"at" is missing'],
    ['no path', `{"at":"2026-11-23T16:18:12Z","type":"ADDED","object":${object}}`, 'path', '"path" is missing'],
    ['no type', `{${head},"object":${object}}`, 'type', '"type" is missing'],
    ['no object', `{${head},"type":"ADDED"}`, 'object', '"object" is missing'],
    ['a bad time', `{"at":"yesterday","path":"/api/v1/endpoints","type":"ADDED","object":${object}}`, 'at', '"yesterday"'],
    ['a time that is a number', `{"at":12,"path":"/api/v1/endpoints","type":"ADDED","object":${object}}`, 'at', 'not text'],
    ['an unknown type', `{${head},"type":"SYNCED","object":${object}}`, 'type', 'SYNCED'],
    ['an object without a uid', `{${head},"type":"ADDED","object":{"metadata":{"name":"a"}}}`, 'object', 'metadata.'],
    [
      'one page of a list',
      `{${head},"type":"LIST","object":{"kind":"EndpointsList","metadata":{"resourceVersion":"9","continue":"x"},"items":[]}}`,
      'object',
      'page',
    ],
  ])('names what is wrong with %s', (_, line, field, message) => {
    const failure = (() => {
      try {
        return decodeTraceLine(bytes(line));
      } catch (error) {
        return error;
      }
    })();
    expect(failure).toBeInstanceOf(TraceLineError);
    expect((failure as TraceLineError).field).toBe(field);
    expect((failure as TraceLineError).message).toContain(message);
  });
});
