import { describe, expect, it } from 'vitest';
import type { ServiceSummaryAnswer, ServicesAnswer } from '../../../src/history/answers.ts';
import type { ServicesQuestion } from '../../../src/history/history.ts';
import { GAP, run } from './harness.ts';

const service = (name: string, more: Partial<ServiceSummaryAnswer> = {}): ServiceSummaryAnswer => ({
  cluster: 'c1',
  namespace: 'store',
  name,
  source: 'endpoints',
  state: 'ok',
  coverage: 'complete',
  ready: 3,
  notReady: 0,
  terminating: 0,
  ...more,
});

const answer = (items: ServiceSummaryAnswer[], more: Partial<ServicesAnswer> = {}): ServicesAnswer => ({
  at: '2026-11-23T16:20:00.000Z',
  asOf: 99,
  coverage: 'complete',
  gaps: [],
  items,
  ...more,
});

describe('flipbook services', () => {
  it('shows every Service with its counts, and what is not known as unknown', async () => {
    const items = [
      service('checkout', {
        lastFlip: {
          at: '2026-11-23T16:19:00.000Z',
          address: '10.0.0.1',
          pod: 'p-1',
          from: 'notReady',
          to: 'ready',
          cause: 'unknown',
        },
      }),
      service('cart', { state: 'unknown', coverage: 'gap', ready: 2, notReady: 1 }),
      service('new', { state: 'unknown', coverage: 'before-recording', ready: 0 }),
    ];
    const { code, stdout } = await run(['services'], {
      history: { services: async () => answer(items, { coverage: 'gap', gaps: [GAP] }) },
    });
    expect(code).toBe(0);
    expect(stdout.slice(stdout.indexOf('\n\n') + 2)).toBe(
      `NAMESPACE  SERVICE   STATE    READY  NOT READY  TERMINATING  SOURCE     LAST FLIP
store      checkout  ok           3          0            0  endpoints  2026-11-23T16:19:00.000Z p-1 notReady → ready
store      cart      unknown     2?         1?           0?  endpoints
store      new       unknown      ?          ?            ?  endpoints
`,
    );
    expect(stdout).toContain('Coverage  unknown: the recorder did not watch v1/endpoints from');
  });

  it('names the cluster of each where there are several', async () => {
    const items = [service('a'), service('a', { cluster: 'c2' })];
    const { stdout } = await run(['services'], { history: { services: async () => answer(items) } });
    expect(stdout).toMatch(/CLUSTER {2}NAMESPACE[\s\S]*\nc1 [\s\S]*\nc2 /);
  });

  it('asks for causes unless told not to, and shows last flips without them', async () => {
    const asked: (boolean | undefined)[] = [];
    const lastFlip = { at: '2026-11-23T16:19:00.000Z', address: '10.0.0.1', from: 'notReady', to: 'ready' } as const;
    const services = async ({ causes }: ServicesQuestion) => {
      asked.push(causes);
      return answer([service('cart', { lastFlip: causes ? { ...lastFlip, cause: 'PodStarted' } : lastFlip })]);
    };
    const texts = await Promise.all([[], ['--no-causes']].map((flags) => run(['services', ...flags], { history: { services } })));
    expect(asked).toEqual([true, false]);
    expect(texts.map(({ stdout }) => /notReady → ready.*$/m.exec(stdout)?.[0])).toEqual([
      'notReady → ready (PodStarted)',
      'notReady → ready',
    ]);
  });

  it('joins all pages of all namespaces about one instant and one position', async () => {
    const asked: ServicesQuestion[] = [];
    const services = async (question: ServicesQuestion) => {
      asked.push(question);
      const { namespace = '', cursor } = question;
      return answer([service(`${namespace}-${cursor ?? 0}`)], cursor === undefined ? { nextCursor: '1' } : {});
    };
    const { stdout } = await run(['services', '--namespace', 'a', '--namespace', 'b', '-o', 'json'], { history: { services } });
    const document = JSON.parse(stdout) as ServicesAnswer;
    expect(document.items.map(({ name }) => name)).toEqual(['a-0', 'a-1', 'b-0', 'b-1']);
    expect(document).not.toHaveProperty('nextCursor');
    for (const { at, asOf } of asked.slice(1)) expect({ at, asOf }).toEqual({ at: Date.UTC(2026, 10, 23, 16, 20), asOf: 99 });
  });
});
