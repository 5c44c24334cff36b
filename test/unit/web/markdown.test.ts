import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { escapeMarkdown, markdownReport } from '../../../web/src/lib/markdown.ts';
import { timelineModel } from '../../../web/src/lib/timeline-model.ts';
import * as answers from '../../support/mock-answers.ts';
import { type MockService, mockServices, RECORDED_FROM, RECORDED_TO } from '../../support/mock-data.ts';
import { drawnTimeline } from '../../support/mock-timeline.ts';

const checkout = mockServices()[0] as MockService;
const model = timelineModel(drawnTimeline(checkout, RECORDED_FROM, RECORDED_TO));
const flips = answers.flips(checkout);
const report = (changed = flips) =>
  markdownReport({ model, flips: changed, cut: false, link: 'http://recorder/?service=store/checkout' });

const rows = (text: string) => text.split('\n').filter((line) => line.startsWith('| 2026'));
/** Cells of a row as Markdown divides it: at bars that no backslash escapes. */
const cells = (row: string) => row.split(/(?<!\\)(?:\\\\)*\|/).slice(1, -1);

describe('the Markdown report', () => {
  it('tells every flip of the range and the ends of every zero-ready window, in order of time', () => {
    const times = rows(report()).map((row) => cells(row)[0]?.trim() ?? '');
    const inRange = flips.filter(({ at }) => Date.parse(at) >= RECORDED_FROM);
    expect(times).toHaveLength(inRange.length + 2);
    expect(times).toEqual([...times].sort());
    for (const flip of inRange) expect(times).toContain(flip.at.replace('T', ' ').replace('Z', ''));
  });

  it('says figures, what is not known, and never speaks of an outage', () => {
    const text = report();
    expect(text).toContain('- Zero ready backends: ≥ 4m12s in 1 window');
    expect(text).toContain('- Some backend not ready: ≥ 5m24s');
    expect(text).toContain('Gaps: nothing is known of 2m30s');
    expect(text).toContain('2026-11-23 14:20:00.000 UTC to 2026-11-23 14:22:30.000 UTC: v1/endpoints, expired');
    expect(text).toMatch(/^- Impact on users: $/m);
    expect(text.toLowerCase()).not.toContain('outage');
  });

  it('lets no name or detail break out of its cell', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), fc.string({ maxLength: 60 }), (name, detail) => {
        const first = flips[0] as (typeof flips)[0];
        const [row, ...others] = rows(
          report([{ ...first, at: '2026-11-23T14:05:00.000Z', pod: { name, uid: 'u' }, cause: 'X', detail }]),
        );
        expect(cells(row ?? '')).toHaveLength(3);
        expect(others).toHaveLength(2);
      }),
    );
  });

  it('leaves no markup of a name in force', () => {
    expect(escapeMarkdown('<img src=x>\n| **a** [l](javascript:x) `c`')).toBe(
      '\\<img src=x\\> \\| \\*\\*a\\*\\* \\[l\\](javascript:x) \\`c\\`',
    );
  });
});
