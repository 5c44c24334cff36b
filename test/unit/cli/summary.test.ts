import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { escapeMarkdown, tableRow } from '../../../src/cli/markdown.ts';
import type { SummaryAnswer } from '../../../src/history/answers.ts';
import { NotFoundError, type SummaryQuestion } from '../../../src/history/history.ts';
import { incidentExamples } from '../../../src/http/incident-examples.ts';
import { GAP, NOW, run } from './harness.ts';

const SUMMARY = ['summary', 'store/web'];
const example = incidentExamples.summary as SummaryAnswer;
const answering = (more: Partial<SummaryAnswer> = {}) => ({ summary: async () => ({ ...example, ...more }) });

/** Cells of a row as Markdown divides it: at bars that no backslash escapes. */
const cells = (row: string) => row.split(/(?<!\\)(?:\\\\)*\|/).slice(1, -1);
const rows = (text: string) => text.split('\n').filter((line) => line.startsWith('| 2026'));

describe('flipbook summary', () => {
  it('asks for the window, the source and the position that were given', async () => {
    const asked: SummaryQuestion[] = [];
    const summary = async (question: SummaryQuestion) => {
      asked.push(question);
      return example;
    };
    const flags = ['--from', 'now-1h', '--to', 'now', '--source', 'endpoints', '--cluster', 'c1', '--asof', '7', '-o', 'json'];
    const { code, stdout, closed } = await run([...SUMMARY, ...flags], { history: { summary } });
    expect({ code, closed }).toEqual({ code: 0, closed: 1 });
    expect(JSON.parse(stdout)).toEqual(example);
    const [question] = asked;
    expect(question).toMatchObject({ namespace: 'store', name: 'web', from: NOW - 3_600_000, to: NOW });
    expect(question).toMatchObject({ source: 'endpoints', cluster: 'c1', asOf: 7 });
  });

  it('shows people figures, spans and what happened', async () => {
    const { stdout } = await run(SUMMARY, { history: answering() });
    expect(stdout).toBe(`Service   store/web
Cluster   demo
From      2026-11-23T16:18:00.000Z
To        2026-11-23T16:30:00.000Z (exclusive)
Source    v1 Endpoints
Coverage  complete
As of     position 637

Zero ready backends  1m12s in 1 span
Least ready          0 of 3 at 2026-11-23 16:21:00.100
Some not ready       1m31s
Flips                6 (3 ReadinessProbeFailed, 3 ReadinessProbePassed)
First cause          ReadinessProbeFailed (observed): readiness probe failed: HTTP probe failed with statuscode: 503, at 2026-11-23 16:20:41.318
Rollouts             1
Scalings             1
Service edits        1
Not recorded         nothing; the whole range was recorded

ZERO READY FROM           TO                        FOR
2026-11-23T16:21:00.100Z  2026-11-23T16:22:12.480Z  1m12s

TIME                      SOURCE      EVENT
2026-11-23T16:20:02.011Z  Deployment  rollout of web, revision 7 → 8, ReplicaSet web-7b79f6d8c → web-6d4b9c7d9, image store/web:2.3.0 → store/web:2.4.0
2026-11-23T16:21:00.100Z  counts      zero ready backends from here on (1m12s)
`);
  });

  it('refuses a window that is empty, and a Service that was never seen is a failure', async () => {
    const empty = await run([...SUMMARY, '--from', 'now', '--to', 'now-1h']);
    expect(empty.code).toBe(2);
    expect(empty.stderr).toContain('--from 2026-11-23T17:00:00.000Z is not before --to');
    const summary = async () => {
      throw new NotFoundError('the log has never seen Service store/web');
    };
    expect(await run(SUMMARY, { history: { summary } })).toMatchObject({
      ...{ code: 1, stdout: '', closed: 1 },
      stderr: 'flipbook: the log has never seen Service store/web\n',
    });
  });
});

describe('flipbook summary -o markdown', () => {
  const markdown = async (more: Partial<SummaryAnswer> = {}) =>
    (await run([...SUMMARY, '-o', 'markdown'], { history: answering(more) })).stdout;

  it('is ready to paste: heading, facts, table, method and gaps; the impact is left to its author', async () => {
    expect(await markdown()).toBe(`## store/web, 2026-11-23 16:18:00.000 to 2026-11-23 16:30:00.000 UTC

- Impact on users: _to be filled in_
- Zero ready backends: 1m12s in 1 span
  - from 2026-11-23 16:21:00.100 to 2026-11-23 16:22:12.480: 1m12s
- Least ready: 0 of 3 at 2026-11-23 16:21:00.100
- Some not ready: 1m31s
- Flips: 6 (3 ReadinessProbeFailed, 3 ReadinessProbePassed)
- First cause: ReadinessProbeFailed (observed): readiness probe failed: HTTP probe failed with statuscode: 503, at 2026-11-23 16:20:41.318
- Rollouts: 1
- Scalings: 1
- Service edits: 1
- Not recorded: nothing; the whole range was recorded

| Time (UTC) | Event | Source |
| --- | --- | --- |
| 2026-11-23 16:20:02.011 | rollout of web, revision 7 → 8, ReplicaSet web-7b79f6d8c → web-6d4b9c7d9, image store/web:2.3.0 → store/web:2.4.0 | Deployment, event 301 |
| 2026-11-23 16:21:00.100 | zero ready backends from here on (1m12s) | counts |

Method: recorded by Flipbook from the v1 Endpoints of cluster demo, as of log position 637: asked again
with \`--asof 637\` it answers the same. Times are when the recorder received a change. The range includes its start and not its end.
“Event 42” is the event at position 42 of the log. ≥ marks a lower bound. A cause is observed where an event names it, inferred where
timing and objects imply it. Flips that are alike and at most 5s apart are told in one line.

Gaps: none; the address list was recorded over the whole range.
`);
  });

  it('says what was not recorded, and then denies nothing', async () => {
    const text = await markdown({
      ...{ coverage: 'gap', gaps: [GAP], unknownMs: 300_000, zeroReady: [], zeroReadyMs: 0, someNotReadyMs: 0 },
      ...{ rollouts: [], evidenceGaps: [{ stream: 'apps/v1/deployments', reason: 'forbidden' }] },
    });
    expect(text).toContain('- Zero ready backends: never, where recorded\n');
    expect(text).toContain('- Some not ready: never, where recorded\n');
    expect(text).toContain('- Flips: ≥ 6 (');
    expect(text).toContain('- Rollouts: none seen, but not all was recorded\n');
    expect(text).toContain('- Scalings: ≥ 1, not all was recorded\n');
    expect(text).toContain('- Not recorded: 5m00s\n');
    expect(text).toContain('Gaps: nothing is known of 5m00s of the range.');
    expect(text).toContain('- 2026-11-23 16:20:00.000 to 2026-11-23 16:25:00.000: v1/endpoints, expired: 410 Expired');
    expect(text).toContain('- before the recording: apps/v1/deployments, forbidden');
  });

  it('marks lower bounds, and never speaks of an outage', async () => {
    const [span] = example.zeroReady;
    const text = await markdown({ zeroReady: [{ ...(span as NonNullable<typeof span>), endsAfter: true }] });
    expect(text).toContain('- Zero ready backends: ≥ 1m12s in 1 span');
    expect(text).toMatch(/ {2}- from .*: ≥ 1m12s/);
    expect(text.toLowerCase()).not.toContain('outage');
  });

  it('lets no text of the cluster break out of its cell or its line', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme', maxLength: 80 }), async (evil) => {
        const at = '2026-11-23T16:20:02.011Z';
        const first = { cause: 'X', detail: evil, confidence: 'observed' as const, at, position: 1, evidence: [] };
        const text = await markdown({
          firstCause: first,
          events: [{ at, kind: 'flips', text: evil, source: evil, evidence: [1, 2] }],
        });
        expect(rows(text)).toHaveLength(1);
        expect(cells(rows(text)[0] ?? '')).toHaveLength(3);
        expect(text.split('\n').filter((line) => line.startsWith('- '))).toHaveLength(10);
      }),
    );
  });
});

describe('text of the cluster inside Markdown', () => {
  it('keeps its words and loses its markup', () => {
    expect(escapeMarkdown('<img src=x>\r\n| **a** [l](javascript:x) `c` ~s~ #1 $x$ &lt;')).toBe(
      '\\<img src=x\\> \\| \\*\\*a\\*\\* \\[l\\](javascript:x) \\`c\\` \\~s\\~ \\#1 \\$x\\$ \\&lt;',
    );
    expect(escapeMarkdown('Get "http://10.0.0.1/ready" or www.example.org')).toBe(
      'Get "http\\://10.0.0.1/ready" or www\\.example.org',
    );
    expect(escapeMarkdown('a\u202eb\u2028c\u0000d')).toBe('a b c d');
    expect(tableRow(['a|b', 'c'])).toBe('| a\\|b | c |');
  });

  it('has every character escaped that could be markup, whatever stands around it', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'\\`*_[]<>#|~&$a \n') }), (text) => {
        const rest = escapeMarkdown(text).replace(/\\[\\`*_[\]<>#|~&$]/g, '');
        expect(rest).toMatch(/^[a ]*$/);
      }),
    );
  });
});
