/** Holds the program's answers about instants against the oracle: states, objects and the list of Services. */
import type { Backend, StateAnswer } from '../../../src/http/contract.ts';
import type { ServicesAnswer } from '../../../src/http/contract-services.ts';
import { type OracleBackend, type OracleSource, portsText } from './backends.ts';
import { countsOf, ORACLE_SOURCES, type OracleKind, type Truth } from './fold.ts';

export interface StateQuestion {
  readonly namespace: string;
  readonly name: string;
  /** Absent: the program chooses. */
  readonly source?: OracleSource;
  readonly at: number;
}
export interface ObjectQuestion {
  readonly kind: OracleKind;
  readonly namespace: string;
  readonly name: string;
  readonly at: number;
}

const PATHS: Readonly<Record<OracleSource, string>> = {
  endpoints: '/api/v1/endpoints',
  endpointslices: '/apis/discovery.k8s.io/v1/endpointslices',
};
const SERVICES_PATH = '/api/v1/services';

const iso = (at: number) => new Date(at).toISOString();

/** One backend in one line of text: equal texts are equal facts. */
export function oracleText(one: OracleBackend): string {
  return `${one.state} ${one.key} pod=${one.podName} node=${one.node} zone=${one.zone}`;
}
export function answerText(state: string, one: Backend): string {
  const key = `${one.address} ${one.pod?.uid ?? ''} ${portsText(one.ports)}`;
  return `${state} ${key} pod=${one.pod?.name ?? ''} node=${one.node ?? ''} zone=${one.zone ?? ''}`;
}

function answerTexts(answer: StateAnswer): string[] {
  return [
    ...answer.ready.map((one) => answerText('ready', one)),
    ...answer.notReady.map((one) => answerText('notReady', one)),
    ...answer.terminating.map((one) => answerText(one.state, one)),
  ];
}

/** What two collections do not share, counting doubles. */
export function unlike(expected: readonly string[], actual: readonly string[]): string[] {
  const open = new Map<string, number>();
  for (const one of expected) open.set(one, (open.get(one) ?? 0) + 1);
  for (const one of actual) open.set(one, (open.get(one) ?? 0) - 1);
  return [...open].filter(([, count]) => count !== 0).map(([text, count]) => `${count > 0 ? 'missing' : 'unexpected'}: ${text}`);
}

const describe = (error: unknown) => (error instanceof Error ? `${error.name}: ${error.message}` : String(error));

/** What is wrong with one answer; empty when nothing is. */
export function stateDifferences(truth: Truth, question: StateQuestion, answer: StateAnswer): string[] {
  const { namespace, name, at } = question;
  // Until both streams have told their first LIST, a Service's own source is not known, and either is taken as answered.
  const bothKnown = ORACLE_SOURCES.every((one) => truth.stateAt(namespace, name, one, at) !== undefined);
  const source = question.source ?? (bothKnown ? truth.defaultSourceAt(namespace, name, at) : answer.source);
  const expected = truth.stateAt(namespace, name, source, at);
  const found: string[] = [];
  const expect = (what: string, want: unknown, got: unknown) => {
    if (want !== got) found.push(`${what} is ${String(got)}, not ${String(want)}`);
  };
  expect('at', iso(at), answer.at);
  expect('service', `${namespace}/${name}`, `${answer.service.namespace}/${answer.service.name}`);
  expect('source', source, answer.source);
  if (answer.position > answer.asOf) found.push(`position ${answer.position} is after asOf ${answer.asOf}`);
  if (expected === undefined) {
    expect('coverage', 'before-recording', answer.coverage);
  } else {
    // After the stream's last line the trace proves nothing any more: what is said then is not the oracle's to judge.
    if (at <= (truth.lastAt.get(PATHS[source]) ?? 0)) expect('coverage', 'complete', answer.coverage);
    expect('truncated', source === 'endpoints' && expected.truncated, answer.truncated);
  }
  return [...found, ...unlike((expected?.backends ?? []).map(oracleText), answerTexts(answer))];
}

/** Asks for every Service, by each source and by the program's own choice, at every instant. */
export async function compareStates(
  truth: Truth,
  ask: (question: StateQuestion) => Promise<StateAnswer>,
  instants: readonly number[],
): Promise<{ asked: number; differences: string[] }> {
  const differences: string[] = [];
  let asked = 0;
  for (const at of instants) {
    for (const { namespace, name } of truth.services) {
      for (const source of [undefined, ...ORACLE_SOURCES]) {
        const question = { namespace, name, at, ...(source && { source }) };
        asked++;
        const found = await ask(question).then(
          (answer) => stateDifferences(truth, question, answer),
          (error: unknown) => [describe(error)],
        );
        differences.push(...found.map((text) => `${iso(at)} ${namespace}/${name} by ${source ?? 'default'}: ${text}`));
      }
    }
  }
  return { asked, differences };
}

/** Asks for every object ever told of, at every instant; `ask` gives its text, or `undefined` for none. */
export async function compareObjects(
  truth: Truth,
  ask: (question: ObjectQuestion) => Promise<string | undefined>,
  instants: readonly number[],
): Promise<{ asked: number; differences: string[] }> {
  const ids = [...new Set(truth.versions.map((one) => `${one.kind} ${one.namespace} ${one.name}`))].sort();
  const differences: string[] = [];
  let asked = 0;
  for (const at of instants) {
    for (const id of ids) {
      const [kind, namespace, name] = id.split(' ') as [OracleKind, string, string];
      asked++;
      const expected = truth.objectAt(kind, namespace, name, at);
      const actual = await ask({ kind, namespace, name, at });
      if (actual !== expected) differences.push(`${iso(at)} ${id}: ${firstDifference(expected, actual)}`);
    }
  }
  return { asked, differences };
}

function firstDifference(expected: string | undefined, actual: string | undefined): string {
  if (expected === undefined) return 'there was no such object, and one was answered';
  if (actual === undefined) return 'there was such an object, and none was answered';
  let at = 0;
  while (at < expected.length && expected[at] === actual[at]) at++;
  const around = (text: string) => JSON.stringify(text.slice(Math.max(0, at - 20), at + 60));
  return `differs from character ${at} on: expected ${around(expected)}, answered ${around(actual)}`;
}

/** Asks for the list of Services at every instant at which the trace tells which ones existed. */
export async function compareServices(
  truth: Truth,
  ask: (at: number) => Promise<ServicesAnswer>,
  instants: readonly number[],
): Promise<{ asked: number; differences: string[] }> {
  const known = Math.max(...[SERVICES_PATH, ...Object.values(PATHS)].map((path) => truth.firstAt.get(path) ?? 0));
  const differences: string[] = [];
  let asked = 0;
  for (const at of instants.filter((one) => one >= known)) {
    asked++;
    const { items } = await ask(at);
    const actual = items.map((one) => {
      const last = one.lastFlip && `${one.lastFlip.at} ${one.lastFlip.address} ${one.lastFlip.from}>${one.lastFlip.to}`;
      const counts = `${one.ready} ready, ${one.notReady} not ready, ${one.terminating} terminating`;
      return `${one.namespace}/${one.name} by ${one.source}: ${counts}, last flip ${last}`;
    });
    differences.push(...unlike(serviceTexts(truth, at), actual).map((text) => `${iso(at)} ${text}`));
  }
  return { asked, differences };
}

function serviceTexts(truth: Truth, at: number): string[] {
  return truth.servicesAt(at).map(({ namespace, name }) => {
    const source = truth.defaultSourceAt(namespace, name, at);
    const answer = truth.stateAt(namespace, name, source, at);
    const everListed = truth.versions.some(
      (one) => one.kind !== 'Service' && one.namespace === namespace && one.service === name && one.at <= at,
    );
    const { ready, notReady, terminating } = countsOf(answer?.backends ?? []);
    // The story of a Service is told by one source from end to end: Endpoints where it ever had them.
    const story = truth.versions.some((one) => one.kind === 'Endpoints' && one.namespace === namespace && one.service === name)
      ? 'endpoints'
      : 'endpointslices';
    const flip = truth.flips.findLast(
      (one) => one.at <= at && one.namespace === namespace && one.service === name && one.source === story,
    );
    const last = flip && `${iso(flip.at)} ${flip.backend.address} ${flip.from}>${flip.to}`;
    const counts = `${ready} ready, ${notReady} not ready, ${terminating} terminating`;
    return `${namespace}/${name} by ${everListed ? source : undefined}: ${counts}, last flip ${last}`;
  });
}
