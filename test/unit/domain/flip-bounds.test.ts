import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inferredFlipBounds, lastWriteAt, triggerAt, watchedFlipBounds } from '../../../src/domain/flips.ts';
import type { KubeObject } from '../../../src/domain/objects.ts';
import { type EpochMs, epochMs } from '../../../src/domain/time.ts';

const AT = Date.UTC(2026, 10, 23, 16, 18, 12, 224);
const at = epochMs(AT);
const second = (offset: number) => epochMs(Date.UTC(2026, 10, 23, 16, 18, 12) + offset * 1_000);
/** As Kubernetes writes times: whole seconds. */
const kube = (instant: EpochMs) => new Date(instant).toISOString().replace('.000Z', 'Z');

interface Sketch {
  readonly trigger?: EpochMs;
  readonly writes?: readonly EpochMs[];
  readonly created?: EpochMs;
}

const object = ({ trigger, writes, created }: Sketch): KubeObject => ({
  metadata: {
    name: 'web',
    uid: 'uid-web',
    ...(created === undefined ? {} : { creationTimestamp: kube(created) }),
    ...(trigger === undefined ? {} : { annotations: { 'endpoints.kubernetes.io/last-change-trigger-time': kube(trigger) } }),
    ...(writes === undefined ? {} : { managedFields: writes.map((time) => ({ manager: 'm', time: kube(time) })) }),
  },
});

// Around the receipt, on both sides: the server's clock is another one.
const nearby = fc.integer({ min: -100, max: 100 }).map(second);
const anyObject = fc
  .record({ trigger: nearby, writes: fc.array(nearby, { maxLength: 3 }), created: nearby }, { requiredKeys: [] })
  .map(object);

describe('the bounds of a watched flip', () => {
  it('end with the receipt and never start after it', () => {
    fc.assert(
      fc.property(fc.option(anyObject, { nil: undefined }), fc.option(anyObject, { nil: undefined }), (before, after) => {
        const { notBefore, notAfter } = watchedFlipBounds(before, after, at);
        expect(notAfter).toBe(at);
        expect(notBefore).toBeLessThanOrEqual(at);
      }),
    );
  });

  it('start with the latest write that the new version tells of', () => {
    const before = object({ writes: [second(-60)] });
    expect(watchedFlipBounds(before, object({ trigger: second(-2), writes: [second(-9), second(-1)] }), at).notBefore).toBe(
      second(-1),
    );
  });

  it('start with the change behind it, where the controller tells of one and its write is not told', () => {
    const before = object({ writes: [second(-60)] });
    expect(watchedFlipBounds(before, object({ trigger: second(-2), writes: [second(-60)] }), at).notBefore).toBe(second(-2));
  });

  it('start no earlier than the last write of the version before', () => {
    const before = object({ writes: [second(-60), second(-3), second(-9)] });
    // A trigger left over from an earlier change.
    expect(watchedFlipBounds(before, object({ trigger: second(-60) }), at).notBefore).toBe(second(-3));
  });

  it('start, for a deletion, with the last write of the version that was deleted', () => {
    expect(watchedFlipBounds(object({ writes: [second(-8)] }), undefined, at)).toEqual({ notBefore: second(-8), notAfter: at });
  });

  it('start, for a new object of which nothing else is told, with its creation', () => {
    expect(watchedFlipBounds(undefined, object({ created: second(-4) }), at).notBefore).toBe(second(-4));
  });

  it('start with the receipt when nothing is known of earlier', () => {
    expect(watchedFlipBounds(undefined, undefined, at)).toEqual({ notBefore: at, notAfter: at });
    expect(watchedFlipBounds(object({}), object({}), at)).toEqual({ notBefore: at, notAfter: at });
  });

  it('are drawn back to the receipt when the server’s clock is ahead', () => {
    expect(watchedFlipBounds(undefined, object({ trigger: second(30) }), at)).toEqual({ notBefore: at, notAfter: at });
  });
});

describe('the times that an object tells', () => {
  it('are its latest write, or its creation where no manager tells of writes', () => {
    expect(lastWriteAt(object({ writes: [second(-9), second(-3), second(-5)], created: second(-60) }))).toBe(second(-3));
    expect(lastWriteAt(object({ created: second(-60) }))).toBe(second(-60));
    expect(lastWriteAt(object({}))).toBeUndefined();
  });

  it('are not taken from texts that are no times', () => {
    const broken: KubeObject = {
      metadata: {
        name: 'web',
        uid: 'u',
        creationTimestamp: 'long ago',
        annotations: { 'endpoints.kubernetes.io/last-change-trigger-time': '2026-02-30T00:00:00Z' },
        managedFields: [{ time: '' }, {}],
      },
    };
    expect(lastWriteAt(broken)).toBeUndefined();
    expect(triggerAt(broken)).toBeUndefined();
    expect(watchedFlipBounds(broken, broken, at)).toEqual({ notBefore: at, notAfter: at });
  });
});

describe('the bounds of an inferred flip', () => {
  it('are the ends of the gap, and never cross', () => {
    fc.assert(
      fc.property(nearby, nearby, (from, to) => {
        const { notBefore, notAfter } = inferredFlipBounds(from, to);
        expect(notAfter).toBe(to);
        expect(notBefore).toBe(Math.min(from, to));
      }),
    );
  });
});
