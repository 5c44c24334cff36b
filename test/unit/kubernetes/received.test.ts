import { describe, expect, it } from 'vitest';
import { resourceNamed } from '../../../src/domain/resources.ts';
import {
  MalformedObjectError,
  receiveList,
  receiveListVersion,
  receiveObject,
  UndecodableError,
} from '../../../src/kubernetes/received.ts';

const ENDPOINTS = resourceNamed('v1/endpoints');
const PODS = resourceNamed('v1/pods');
const NODES = resourceNamed('v1/nodes');
const bytes = (text: string) => Buffer.from(text);
const meta = '"metadata":{"name":"cart","namespace":"store","uid":"u-1","resourceVersion":"7"}';

describe('receiving an object', () => {
  it('keeps the bytes of a verbatim resource as received', () => {
    const raw = bytes(`{ "kind":"Endpoints","apiVersion":"v1",${meta},"subsets":[{"note":"ü\\u00fc\u2028"}] }`);
    const received = receiveObject(ENDPOINTS, raw);
    expect(received.body).toBe(raw);
    expect(received).toMatchObject({ uid: 'u-1', name: 'cart', namespace: 'store', resourceVersion: '7' });
    expect(received.value).toEqual(JSON.parse(raw.toString()));
  });

  it('gives a cluster-scoped object the empty namespace', () => {
    const raw = bytes('{"metadata":{"name":"node-0","uid":"n","resourceVersion":"1"}}');
    expect(receiveObject(NODES, raw).namespace).toBe('');
  });

  it.each([
    ['no metadata', '{"kind":"Pod"}', 'no-identity'],
    ['no name', '{"metadata":{"namespace":"b","uid":"c","resourceVersion":"1"}}', 'no-identity'],
    ['an empty uid', '{"metadata":{"name":"a","namespace":"b","uid":"","resourceVersion":"1"}}', 'no-identity'],
    ['no namespace', '{"metadata":{"name":"a","uid":"c","resourceVersion":"1"}}', 'no-identity'],
    ['no version', '{"metadata":{"name":"a","namespace":"b","uid":"c"}}', 'no-version'],
    ['a version that is a number', '{"metadata":{"name":"a","namespace":"b","uid":"c","resourceVersion":1}}', 'no-version'],
    ['another kind', `{"kind":"Secret",${meta}}`, 'unexpected'],
    ['a Table', '{"kind":"Table","metadata":{"resourceVersion":"1"},"rows":[]}', 'table'],
    ['an array', '[]', 'unexpected'],
    ['null', 'null', 'unexpected'],
  ])('refuses %s', (_, text, problem) => {
    expect(() => receiveObject(PODS, bytes(text))).toThrow(expect.objectContaining({ name: 'MalformedObjectError', problem }));
    expect(() => receiveObject(PODS, bytes(text))).toThrow(MalformedObjectError);
  });

  it('never quotes the content of what it refuses', () => {
    for (const text of ['{"spec":{"env":"hunter2"}', '{"metadata":{"name":"hunter2"}}']) {
      expect(() => receiveObject(PODS, bytes(text))).toThrow(
        expect.not.objectContaining({ message: expect.stringContaining('hunter2') }),
      );
    }
  });
});

describe('receiving a list', () => {
  it('completes the items of a verbatim resource with the kind and apiVersion that lists leave out', () => {
    const list = receiveList(
      ENDPOINTS,
      bytes(
        `{"kind":"EndpointsList","apiVersion":"v1","metadata":{"resourceVersion":"9"},"items":[{${meta},"subsets":null}, {"kind":"Endpoints","apiVersion":"v1",${meta}}]}`,
      ),
    );
    expect(list.resourceVersion).toBe('9');
    expect(list.continueToken).toBeUndefined();
    expect(list.objects.map((each) => Buffer.from(each.body).toString())).toEqual([
      `{"kind":"Endpoints","apiVersion":"v1",${meta},"subsets":null}`,
      `{"kind":"Endpoints","apiVersion":"v1",${meta}}`,
    ]);
    for (const each of list.objects) expect(each.value).toEqual(JSON.parse(Buffer.from(each.body).toString()));
  });

  it('reduces the items of a reduced resource and gives them their kind', () => {
    const list = receiveList(
      PODS,
      bytes(
        `{"metadata":{"resourceVersion":"9","continue":"t0ken"},"items":[{${meta},"spec":{"hostname":"x"}}],"kind":"PodList"}`,
      ),
    );
    expect(list.continueToken).toBe('t0ken');
    expect(list.objects[0]?.value).toEqual({
      kind: 'Pod',
      apiVersion: 'v1',
      metadata: { name: 'cart', namespace: 'store', uid: 'u-1' },
      spec: {},
    });
  });

  it('takes null and missing items for an empty list, as Go writes them', () => {
    for (const items of ['', ',"items":null', ',"items":[]']) {
      expect(receiveList(PODS, bytes(`{"kind":"PodList","metadata":{"resourceVersion":"9"}${items}}`)).objects).toEqual([]);
    }
  });

  it.each([
    ['a web page', '<!DOCTYPE html><html>', 'html'],
    ['a cut-off list', '{"kind":"PodList","metadata":{"resourceVersion":"9"},"items":[{', 'not-json'],
    ['two lists', '{"kind":"PodList","metadata":{"resourceVersion":"9"}}{}', 'not-json'],
    ['a Table', '{"kind":"Table","metadata":{"resourceVersion":"9"},"rows":[]}', 'table'],
    ['the list of another kind', '{"kind":"SecretList","metadata":{"resourceVersion":"9"},"items":[]}', 'unexpected'],
    ['a list without a version', '{"kind":"PodList","metadata":{},"items":[]}', 'no-version'],
    [
      'an item without a uid',
      '{"kind":"PodList","metadata":{"resourceVersion":"9"},"items":[{"metadata":{"name":"a","namespace":"b"}}]}',
      'no-identity',
    ],
    ['something else', '{}', 'unexpected'],
  ])('refuses %s', (_, text, problem) => {
    expect(() => receiveList(PODS, bytes(text))).toThrow(expect.objectContaining({ problem }));
    expect(() => receiveList(PODS, bytes(text))).toThrow(UndecodableError);
  });

  it('reads the version alone from a list of metadata', () => {
    expect(
      receiveListVersion(bytes('{"kind":"PartialObjectMetadataList","metadata":{"resourceVersion":"12"},"items":[{}]}')),
    ).toBe('12');
    expect(() => receiveListVersion(bytes('{"kind":"PartialObjectMetadataList","metadata":{}}'))).toThrow(UndecodableError);
  });
});
