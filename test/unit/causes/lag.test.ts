/** How long the list took to follow its Pod, as a flip is told with it. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { pod, Story } from '../../support/cause-evidence.ts';

const WEB = { selector: { app: 'web' }, ports: [{ port: 80 }] };
const story = () => new Story().withService(-100, WEB).withPod(-90, pod());

describe('the lag of a flip', () => {
  test('property: is the time from the turn of its Pod to it, whatever the Pod does before and after that is no turn', () => {
    const milliseconds = (most: number) => fc.integer({ min: 0, max: most }).map((ms) => ms / 1_000);
    fc.assert(
      fc.property(
        milliseconds(2_500),
        milliseconds(50_000),
        fc.nat(3),
        fc.nat(3),
        fc.boolean(),
        (lag, since, before, after, up) => {
          const told = new Story().withService(-100, WEB).withPod(-90, pod({ ready: !up }));
          const noise = (count: number, seconds: number, ready: boolean) => {
            for (let n = 0; n < count; n++) told.withPod(seconds, pod({ ready, labels: { app: 'web', n: String(n) } }));
          };
          noise(before, -since, !up);
          told.withPod(0, pod({ ready: up }));
          noise(after, lag / 2, up);
          const flip = up ? told.flip(lag, 'notReady', 'ready') : told.flip(lag, 'ready', 'notReady');
          expect(told.explain(flip).lagMs).toBe(Math.round(lag * 1_000));
        },
      ),
    );
  });

  test('is negative where the list was received first', () => {
    const told = story();
    const flip = told.flip(0, 'ready', 'notReady');
    told.withPod(0.02, pod({ ready: false }));
    expect(told.explain(flip)).toMatchObject({ lagMs: -20 });
  });

  test('is from where the state began that the list shows late, not from what the Pod has become since', () => {
    const told = story()
      .withPod(0, pod({ ready: false }))
      .withPod(1, pod());
    expect(told.explain(told.flip(1.5, 'ready', 'notReady'))).toMatchObject({ lagMs: 1_500 });
  });

  test('is not told where the list may be late as well as received first', () => {
    const flapping = (again: number) => {
      const told = story()
        .withPod(0, pod({ ready: false }))
        .withPod(0.3, pod());
      const flip = told.flip(0.5, 'ready', 'notReady');
      return told.withPod(again, pod({ ready: false })).explain(flip);
    };
    expect(flapping(0.6)).not.toHaveProperty('lagMs');
    expect(flapping(0.6).name).toBe(flapping(5).name);
    expect(flapping(5)).toMatchObject({ lagMs: 500 });
  });

  test('of coming is from when the Pod could be listed, of going from its deletion', () => {
    const coming = new Story().withService(-100, WEB).withPod(-5, pod({ pending: true, ready: false }));
    coming.withPod(0, pod({ ready: false }));
    expect(coming.explain(coming.flip(0.03, 'absent', 'notReady'))).toMatchObject({ lagMs: 30 });
    const going = story().withPod(0, pod({ deleting: true }));
    expect(going.explain(going.flip(0.04, 'ready', 'absent'))).toMatchObject({ lagMs: 40 });
  });

  test('is told too where the Pod turned for a reason that nothing shows', () => {
    const told = new Story().withService(-100, WEB).withPod(-90, pod({ containersReady: true }));
    told.withPod(0, pod({ ready: false, containers: [] }));
    expect(told.explain(told.flip(0.05, 'ready', 'notReady'))).toEqual({
      name: 'unknown',
      confidence: 'unknown',
      evidence: [],
      lagMs: 50,
    });
  });

  test.each([
    [
      'of a flip that a relist revealed',
      () => {
        const told = story().withPod(0, pod({ ready: false }));
        return told.explain(told.flip(0.1, 'ready', 'notReady', { origin: 'relist' }));
      },
    ],
    [
      'of a Pod that a relist revealed',
      () => {
        const told = story().withPod(0, pod({ ready: false }), { origin: 'relist' });
        return told.explain(told.flip(0.1, 'ready', 'notReady'));
      },
    ],
    [
      'of a flip that follows its Service',
      () => {
        const told = story().withService(0, { ...WEB, selector: { app: 'other' } });
        return told.explain(told.flip(0.1, 'ready', 'absent'));
      },
    ],
    [
      'of a flip with other ports',
      () => {
        const told = story().withService(0, { ...WEB, ports: [{ port: 81 }] });
        return told.explain(told.flip(0.1, 'ready', 'absent'));
      },
    ],
    [
      'where an edit by hand says otherwise than the Pod',
      () => {
        const told = story();
        return told.explain(told.flip(0, 'ready', 'notReady', { list: { editors: ['kubectl-edit'] } }));
      },
    ],
    [
      'where no Pod is recorded',
      () => {
        const told = new Story().withService(-100, WEB);
        return told.explain(told.flip(0, 'ready', 'notReady'));
      },
    ],
  ])('is not known %s', (_, explained) => {
    expect(explained()).not.toHaveProperty('lagMs');
  });
});
