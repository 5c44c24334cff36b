import { describe, expect, it } from 'vitest';
import type { DisagreementAnswer, DisagreementsAnswer } from '../../../src/history/answers.ts';
import type { DisagreementsQuestion } from '../../../src/history/history.ts';
import { incidentExamples } from '../../../src/http/incident-examples.ts';
import { GAP, NOW, run } from './harness.ts';

const COMMAND = ['disagreements', 'store/web'];
const example = incidentExamples.disagreements as DisagreementsAnswer;
const item = example.items[0] as DisagreementAnswer;
const answering = (more: Partial<DisagreementsAnswer> = {}) => ({ disagreements: async () => ({ ...example, ...more }) });

describe('flipbook disagreements', () => {
  it('asks about a window or an instant, and for how long at least', async () => {
    const asked: DisagreementsQuestion[] = [];
    const disagreements = async (question: DisagreementsQuestion) => {
      asked.push(question);
      return example;
    };
    const json = ['-o', 'json', '--source', 'endpointslices', '--asof', '7'];
    const window = ['--from', 'now-1h', '--to', 'now', '--longer-than', '1m30s'];
    const { code, stdout } = await run([...COMMAND, ...json, ...window], { history: { disagreements } });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual(example);
    await run([...COMMAND, '--at', 'now-15m'], { history: { disagreements } });
    expect(asked[0]).toMatchObject({
      ...{ namespace: 'store', name: 'web', from: NOW - 3_600_000, to: NOW },
      ...{ longerThanMs: 90_000, source: 'endpointslices', asOf: 7 },
    });
    expect(asked[1]).toMatchObject({ at: NOW - 900_000 });
    expect(asked[1]?.longerThanMs).toBeUndefined();
  });

  it('shows people both sides, since when each said so, and how fast the Service follows', async () => {
    const { stdout } = await run(COMMAND, { history: answering() });
    expect(stdout).toBe(`Service   store/web
Cluster   demo
From      2026-11-23T16:18:00.000Z
To        2026-11-23T16:30:00.000Z (exclusive)
Source    v1 Endpoints
Coverage  complete
Lag       median 12ms, p95 12ms, greatest 12ms, over 1 flip
As of     position 637

FROM                      TO                             FOR  ADDRESS       POD                  POD SAID  SINCE                     SERVICE SAID  SINCE                     EVENTS
2026-11-23T16:22:10.020Z  2026-11-23T16:24:02.511Z  112.491s  10.100.4.202  web-6d4b9c7d9-9qk4m  ready     2026-11-23T16:22:10.020Z  notReady      2026-11-23T16:20:41.318Z  342,361,388
1 disagreement longer than 3s
`);
  });

  it('marks what is only a bound, tells gaps, truncation and what was left out', async () => {
    const open = { ...item, opensBefore: true, endsAfter: true, serviceSaid: { ...item.serviceSaid, opensBefore: true } };
    const { stdout } = await run(COMMAND, {
      history: answering({ items: [open], leftOut: 4, truncated: true, coverage: 'gap', gaps: [GAP] }),
    });
    expect(stdout).toContain('≤ 2026-11-23T16:22:10.020Z  ≥ 2026-11-23T16:24:02.511Z  ≥ 112.491s');
    expect(stdout).toContain('notReady      ≤ 2026-11-23T16:20:41.318Z');
    expect(stdout).toContain('cut at 1,000 addresses: what it left out is not told');
    expect(stdout).toContain('Coverage  unknown: the recorder did not watch v1/endpoints from');
    expect(stdout).toContain('5 disagreements longer than 3s; the 1 longest are shown');
  });

  it('says so when there is none', async () => {
    const lag = { flips: 0, items: [], leftOut: 0 };
    const { stdout } = await run(COMMAND, { history: answering({ items: [], lag }) });
    expect(stdout).toContain('Lag       not known: no turn of a Pod was followed');
    expect(stdout.trimEnd().split('\n').at(-1)).toBe('no disagreements longer than 3s');
  });

  it.each([
    [['--longer-than', 'soon'], '--longer-than "soon" is not a duration: write 500ms, 5s, 1m or 1h30m'],
    [['--longer-than', '5'], '--longer-than "5" is not a duration'],
    [['--at', 'now', '--from', 'now-1h'], '--at asks about one instant: leave out --from and --to'],
    [['--at', 'now', '--to', 'now'], '--at asks about one instant'],
    [['--from', 'now', '--to', 'now-1h'], 'is not before --to'],
    [['-o', 'csv'], 'Allowed choices are table, json'],
  ])('%j is a usage error', async (flags, message) => {
    const { code, stderr, opened } = await run([...COMMAND, ...flags]);
    expect({ code, opened }).toEqual({ code: 2, opened: [] });
    expect(stderr).toContain(message);
  });
});
