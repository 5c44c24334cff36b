/** A comparison that finds nothing must be able to find something: answers made from the truth pass, spoilt ones do not. */
import { expect, test } from 'vitest';
import { CSV_COLUMNS } from '../../../src/history/flips-csv.ts';
import type { Flip, StateAnswer } from '../../../src/http/contract.ts';
import {
  compareBounds,
  compareFlips,
  compareFlipsCsv,
  compareObjects,
  compareServices,
  compareStates,
  foldTrace,
  instantsOf,
  type OracleBackend,
  type OracleFlip,
  parseCsv,
  readTraceFile,
  type StateQuestion,
} from '../../support/oracle/index.ts';

const truth = foldTrace(readTraceFile(new URL('../../fixtures/traces/incident-1.jsonl.zst', import.meta.url)));
const instants = instantsOf(truth, { random: 10, seed: 1, events: 20 });
const iso = (at: number) => new Date(at).toISOString();

function backend(one: OracleBackend) {
  const ports = one.ports === '' ? [] : one.ports.split(',').map((text) => /^(?:(.*):)?(\d+)\/(.*)$/.exec(text) ?? []);
  return {
    address: one.address,
    ports: ports.map(([, name = '', port, protocol = '']) => ({ name, port: Number(port), protocol })).reverse(),
    ...(one.podUid && { pod: { name: one.podName, uid: one.podUid } }),
    ...(one.node && { node: one.node }),
    ...(one.zone && { zone: one.zone }),
  };
}

function answer({ namespace, name, source: asked, at }: StateQuestion): StateAnswer {
  const source = asked ?? truth.defaultSourceAt(namespace, name, at);
  const told = truth.stateAt(namespace, name, source, at);
  const of = (state: string) => (told?.backends ?? []).filter((one) => one.state === state).map(backend);
  return {
    service: { cluster: 'test', namespace, name },
    at: iso(at),
    position: 1,
    asOf: 1,
    source,
    coverage: told === undefined ? 'before-recording' : 'complete',
    truncated: source === 'endpoints' && told?.truncated === true,
    ready: of('ready'),
    notReady: of('notReady'),
    terminating: (['serving', 'terminating'] as const).flatMap((state) => of(state).map((one) => ({ ...one, state }))),
  };
}

const flip = (one: OracleFlip): Flip => ({
  at: iso(one.at),
  notBefore: iso(one.at - 130_000),
  notAfter: iso(one.at),
  position: one.line * 2,
  cluster: 'test',
  namespace: one.namespace,
  service: one.service,
  source: one.source,
  ...backend(one.backend),
  from: one.from,
  to: one.to,
  readyAfter: one.after.ready,
  notReadyAfter: one.after.notReady,
  cause: 'unknown',
  confidence: 'unknown',
  evidence: [],
  origin: 'watch',
});
const flips = truth.flips.map(flip);
const spoilt = (index: number, change: Partial<Flip>) => flips.map((one, i) => (i === index ? { ...one, ...change } : one));

test('true states pass, at every Service, source and instant', async () => {
  const { asked, differences } = await compareStates(truth, async (question) => answer(question), instants);
  expect(differences).toEqual([]);
  expect(asked).toBe(instants.length * 6 * 3);
});

test.each<[string, (one: StateAnswer) => StateAnswer]>([
  ['a backend is left out', (one) => ({ ...one, ready: one.ready.slice(1) })],
  ['a backend is doubled', (one) => ({ ...one, ready: [...one.ready, ...one.ready.slice(0, 1)] })],
  ['ready and not ready are swapped', (one) => ({ ...one, ready: one.notReady, notReady: one.ready })],
  ['the Pod is another', (one) => ({ ...one, ready: one.ready.map((b) => ({ ...b, pod: { name: 'x', uid: 'y' } })) })],
  ['the ports are others', (one) => ({ ...one, ready: one.ready.map((b) => ({ ...b, ports: [] })) })],
  ['the node is missing', (one) => ({ ...one, ready: one.ready.map(({ node: _, ...rest }) => rest) })],
  ['the coverage is a gap', (one) => ({ ...one, coverage: 'gap' })],
  ['the source is the other', (one) => ({ ...one, source: one.source === 'endpoints' ? 'endpointslices' : 'endpoints' })],
  ['the instant is another', (one) => ({ ...one, at: iso(0) })],
])('a state is found wrong where %s', async (_, spoil) => {
  const { differences } = await compareStates(truth, async (question) => spoil(answer(question)), instants);
  expect(differences).not.toEqual([]);
});

test('an answer that fails is a difference', async () => {
  const { differences } = await compareStates(truth, () => Promise.reject(new RangeError('no')), instants.slice(0, 1));
  expect(new Set(differences.map((text) => text.replace(/^.*default: |^.*slices: |^.*endpoints: /, '')))).toEqual(
    new Set(['RangeError: no']),
  );
});

test('objects are compared byte for byte, and a missing or an extra one is found', async () => {
  const ask = async (q: Parameters<Parameters<typeof compareObjects>[1]>[0]) => truth.objectAt(q.kind, q.namespace, q.name, q.at);
  expect((await compareObjects(truth, ask, instants)).differences).toEqual([]);
  const reprinted = await compareObjects(truth, async (q) => (await ask(q))?.replace('"kind":', '"kind": '), instants);
  expect(reprinted.differences[0]).toContain('differs from character');
  expect((await compareObjects(truth, async () => undefined, instants)).differences[0]).toContain('none was answered');
  expect((await compareObjects(truth, async () => '{}', instants)).differences[0]).toContain('no such object');
});

test('a list without Services is found wrong', async () => {
  const none = { asOf: 1, coverage: 'complete' as const, gaps: [], items: [] };
  const { differences } = await compareServices(truth, async (at) => ({ at: iso(at), ...none }), instants);
  expect(differences).not.toEqual([]);
});

test('true flips pass, of all Services and of one', () => {
  expect(compareFlips(truth, {}, flips)).toEqual([]);
  const selection = { service: 'cart', source: 'endpoints' as const, from: 0, to: truth.flips[80]?.at ?? 0 };
  const selected = truth.flips.slice(0, 80).filter((one) => one.service === 'cart' && one.source === 'endpoints');
  expect(compareFlips(truth, selection, selected.filter((one) => one.at < selection.to).map(flip))).toEqual([]);
});

test.each<[string, Flip[]]>([
  ['one is missing', flips.slice(1)],
  ['one is doubled', [...flips.slice(0, 1), ...flips]],
  ['two of one event stand in another order', [...flips.slice(1, 2), ...flips.slice(0, 1), ...flips.slice(2)]],
  ['a count is off by one', spoilt(40, { readyAfter: (flips[40]?.readyAfter ?? 0) + 1 })],
  ['it is a millisecond late', spoilt(40, { at: iso(Date.parse(flips[40]?.at ?? '') + 1) })],
  ['it goes elsewhere', spoilt(40, { to: 'terminating' })],
  ['its position goes back', spoilt(40, { position: 0 })],
  ['its bounds are swapped', spoilt(40, { notBefore: flips[40]?.at ?? '', notAfter: iso(0) })],
])('flips are found wrong where %s', (_, actual) => {
  expect(compareFlips(truth, {}, actual)).not.toEqual([]);
});

test('bounds that shut out the time of the write are found', () => {
  const wide = compareBounds(truth, {}, flips);
  expect(wide.differences).toEqual([]);
  expect(wide.judged).toBeGreaterThan(150);
  const late = flips.map((one) => ({ ...one, notBefore: iso(Date.parse(one.at) + 1000) }));
  expect(compareBounds(truth, {}, late).differences).toHaveLength(wide.judged);
  const early = flips.map((one) => ({ ...one, notAfter: iso(Date.parse(one.at) - 3000) }));
  expect(compareBounds(truth, {}, early).differences).toHaveLength(wide.judged);
});

test('CSV is read with quotes, doubled quotes and line ends inside fields, and compared with the truth', () => {
  expect(parseCsv('a,"b ""c"", d"\r\n"e\nf",\r\n')).toEqual([
    ['a', 'b "c", d'],
    ['e\nf', ''],
  ]);
  const quoted = (text: string) => (text.includes(',') ? `"${text}"` : text);
  const rows = truth.flips.map((one) => {
    const { address, ports, podName, podUid, node, zone } = one.backend;
    const what = [address, quoted(ports), podName, podUid, node, zone, one.from, one.to, one.after.ready, one.after.notReady];
    return [iso(one.at), 'test', one.namespace, one.service, one.source, ...what, 'unknown,,unknown,,', one.line].join();
  });
  const csv = (lines: string[]) => [CSV_COLUMNS.join(), ...lines, ''].join('\r\n');
  expect(compareFlipsCsv(truth, {}, csv(rows))).toEqual([]);
  expect(compareFlipsCsv(truth, {}, csv(rows.slice(1)))).not.toEqual([]);
  expect(compareFlipsCsv(truth, {}, csv(rows).replace('time,', 'at,'))[0]).toContain('header');
});
