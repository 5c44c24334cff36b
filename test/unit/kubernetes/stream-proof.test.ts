import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bookmark, change, Harness, refused } from './machine-harness.ts';

describe('the proof that a stream is complete', () => {
  it('asks a quiet watch for the newest version every ten seconds, by a consistent read', () => {
    const stream = new Harness().watching().pass(9_999);
    expect(stream.probe).toBeUndefined();
    stream.pass(1);
    expect(stream.probe?.query).toBe('limit=1');
    stream.version('100', stream.probe).pass(9_999);
    expect(stream.probe).toBeUndefined();
    expect(stream.pass(1).probe).toBeDefined();
  });

  it('reaches to the sending of a probe that found nothing newer than the cursor', () => {
    const stream = new Harness().watching().pass(10_000);
    const sentAt = stream.now;
    stream.pass(300).version('100', stream.probe);
    expect(stream.lastBatch).toMatchObject({ kind: 'changes', changes: [], cursor: '100', at: stream.now, provenAt: sentAt });
  });

  it('does not move for a probe that the watch has not reached', () => {
    const stream = new Harness().watching();
    const begun = stream.now;
    stream.pass(10_000).version('140', stream.probe);
    expect(stream.state.provenAt).toBe(begun);
    expect(stream.kinds).toEqual(['snapshot']);
  });

  it('reaches to the arrival of a bookmark or event at or after every answered probe', () => {
    for (const event of [bookmark('140'), change('ADDED', 'a', '141')]) {
      const stream = new Harness().watching().pass(10_000);
      stream.version('140', stream.probe).pass(5_000).events(event);
      expect(stream.lastBatch).toMatchObject({ kind: 'changes', provenAt: stream.now });
    }
  });

  it('reaches only to the newest passed probe while the server is known to be further', () => {
    const stream = new Harness().watching().pass(10_000);
    const first = stream.now;
    stream.version('140', stream.probe).pass(10_000).version('160', stream.probe).pass(5_000);
    stream.events(change('ADDED', 'a', '150'));
    expect(stream.lastBatch).toMatchObject({ cursor: '150', provenAt: first });
    stream.events(bookmark('160'));
    expect(stream.lastBatch).toMatchObject({ cursor: '160', provenAt: stream.now });
  });

  it('does not take a replayed event for the present: after a resume a probe or bookmark must be reached first', () => {
    const stream = new Harness().watching();
    const proven = stream.now;
    stream.fail(refused).untilAsked().pass(20_000).open().pass(0);
    const { probe } = stream;
    const sentAt = stream.now;
    expect(probe).toBeDefined();
    stream.pass(100).events(change('ADDED', 'a', '101'));
    expect(stream.lastBatch).toMatchObject({ cursor: '101', provenAt: proven });
    stream.version('103', probe).events(change('ADDED', 'b', '102'));
    expect(stream.lastBatch).toMatchObject({ cursor: '102', provenAt: proven });
    stream.pass(100).events(change('ADDED', 'c', '103'));
    expect(stream.state.provenAt).toBeGreaterThanOrEqual(sentAt);
  });

  it('goes on when a probe is not answered, with another one after the interval', () => {
    const stream = new Harness().watching().pass(10_000);
    const first = stream.probe;
    stream.pass(60_000);
    expect(stream.aborted).toContain(first?.request);
    expect(stream.phase).toBe('watching');
    expect(stream.pass(10_000).probe?.request).not.toBe(first?.request);
  });

  it('is never after the batch that carries it, though the clock steps back', () => {
    const stream = new Harness().watching().pass(10_000);
    const { probe } = stream;
    stream.clockStep = -3_600_000;
    stream.version('100', probe).events(bookmark('101'));
    for (const batch of stream.batches) if (batch.kind === 'changes') expect(batch.provenAt).toBeLessThanOrEqual(batch.at);
  });

  it('keeps a bounded number of probes however long a stream is quiet', () => {
    const stream = new Harness(undefined, { inactivityMs: 10_000_000, pendingProbes: 4 }).watching();
    for (let round = 1; round <= 20; round++) {
      stream.pass(10_000);
      if (stream.probe) stream.version(String(200 + round), stream.probe);
    }
    expect(stream.state.phase).toMatchObject({
      pending: [{ version: '201' }, { version: '202' }, { version: '203' }, { version: '220' }],
    });
  });

  it('never claims a time before which a change happened that a probe saw, or an outage hid, and that was not delivered', () => {
    // A server whose watch may lag: a write has its version at once and is delivered later, in order.
    const action = fc.oneof(
      { weight: 4, arbitrary: fc.record({ do: fc.constant('write' as const), mine: fc.boolean() }) },
      { weight: 3, arbitrary: fc.record({ do: fc.constant('deliver' as const), count: fc.integer({ min: 1, max: 3 }) }) },
      { weight: 2, arbitrary: fc.record({ do: fc.constant('answer' as const) }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('cut' as const) }) },
      { weight: 4, arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 12_000 }) }) },
    );
    let proofs = 0;
    fc.assert(
      fc.property(fc.array(action, { minLength: 20, maxLength: 80 }), (actions) => {
        const stream = new Harness(undefined, { inactivityMs: 10_000_000 }).watching();
        const undelivered: { version: number; at: number }[] = [];
        let revision = 100;
        let answered = 0;
        let openedAt = 0;
        for (const each of actions) {
          const before = stream.state.provenAt;
          const watching = stream.phase === 'watching';
          if (each.do === 'write') {
            revision++;
            if (each.mine) undelivered.push({ version: revision, at: stream.now });
          } else if (each.do === 'deliver' && watching && undelivered.length > 0) {
            const sent = undelivered.splice(0, each.count);
            stream.events(...sent.map((one) => change('MODIFIED', 'a', String(one.version))));
          } else if (each.do === 'answer' && stream.probe) {
            answered = revision;
            stream.version(String(revision), stream.probe);
          } else if (each.do === 'cut' && watching) {
            stream.fail(refused).untilAsked().open();
            openedAt = stream.now;
          } else if (each.do === 'pass') {
            stream.pass(each.ms);
            if (stream.state.phase.name === 'watching' && stream.state.phase.openedAt === undefined) stream.open();
          }
          const proven = stream.state.provenAt ?? 0;
          if (proven === before) continue;
          proofs++;
          for (const { version, at } of undelivered)
            if (version <= answered || at < openedAt) expect(proven).toBeLessThanOrEqual(at);
        }
      }),
      { numRuns: 500 },
    );
    expect(proofs).toBeGreaterThan(100);
  });
});
