import { describe, expect, test } from 'vitest';
import { POD_UID, type PodSketch, pod, Story } from '../../support/cause-evidence.ts';

const WEB = { selector: { app: 'web' }, ports: [{ port: 80 }] };

/** A Pod that was ready for a minute and is not any more; the list follows 20 ms later. */
function failing(after: PodSketch, tell: (story: Story) => unknown = () => {}, before: PodSketch = {}) {
  const story = new Story()
    .withService(-300, WEB)
    .withPod(-60, pod({ ...after, ready: true, ...before, conditions: before.conditions ?? [] }));
  tell(story);
  story.withPod(0, pod({ ready: false, ...after }));
  return story.explain(story.flip(0.02, 'ready', 'notReady'));
}

/** The reverse. */
function passing(before: PodSketch, after: PodSketch = {}, tell: (story: Story) => unknown = () => {}) {
  const story = new Story().withService(-300, WEB).withPod(-120, pod({ pending: true, ready: false, ...before }));
  story.withPod(-60, pod({ ready: false, ...before }));
  tell(story);
  story.withPod(0, pod(after));
  return story.explain(story.flip(0.02, 'notReady', 'ready'));
}

const unhealthy =
  (message: string, seconds = -1) =>
  (story: Story) =>
    story.says(seconds, POD_UID, 'Unhealthy', message);

describe('a Pod that stops being ready', () => {
  test('its readiness probe fails, in the words of its Event', () => {
    expect(failing({}, unhealthy('Readiness probe failed: HTTP probe failed with statuscode: 503'))).toEqual({
      name: 'ReadinessProbeFailed',
      detail: 'readiness probe failed: HTTP probe failed with statuscode: 503',
      confidence: 'observed',
      evidence: [3, 4],
      lagMs: 20,
    });
  });

  test('without the Event the probe is inferred, and without a probe nothing is', () => {
    expect(failing({})).toMatchObject({ name: 'ReadinessProbeFailed', confidence: 'inferred', evidence: [3] });
    expect(
      failing({ containers: [{ probe: false, ready: false }] }, undefined, { containers: [{ probe: false }] }),
    ).toMatchObject({
      name: 'unknown',
      confidence: 'unknown',
    });
  });

  test('an Event of long ago, or of another probe, is none of it', () => {
    expect(failing({}, unhealthy('Readiness probe failed: old', -600))).toMatchObject({ confidence: 'inferred' });
    expect(failing({}, unhealthy('Startup probe failed: x'))).toMatchObject({ confidence: 'inferred' });
  });

  test('of two containers the one that fails is named', () => {
    const containers = (ready: boolean) => [
      { name: 'web', ready: true },
      { name: 'proxy', ready },
    ];
    const told = failing({ containers: containers(false) }, unhealthy('Readiness probe failed: dial tcp: refused'), {
      containers: containers(true),
    });
    expect(told).toMatchObject({
      name: 'ReadinessProbeFailed',
      detail: 'readiness probe of container proxy failed: dial tcp: refused',
    });
  });

  test.each([
    [{ exitCode: 137, reason: 'OOMKilled' }, 'container web OOMKilled (exit 137)'],
    [{ exitCode: 2, reason: 'Error' }, 'container web Error (exit 2)'],
    [{ exitCode: 0, reason: 'Completed' }, 'container web Completed (exit 0)'],
  ])('a container crashed: %j', (state, detail) => {
    expect(failing({ containers: [{ ready: false, state }] }, undefined, { containers: [{}] })).toMatchObject({
      name: 'ContainerCrashed',
      detail,
      confidence: 'observed',
    });
  });

  test('a crash shows also when the container runs again already, or waits to', () => {
    const last = { exitCode: 1, reason: 'Error' };
    for (const state of ['running', 'waiting'] as const)
      expect(
        failing({ containers: [{ ready: false, restarts: 3, state, last }] }, undefined, { containers: [{ restarts: 2 }] }),
      ).toMatchObject({
        name: 'ContainerCrashed',
        detail: 'container web Error (exit 1)',
      });
  });

  test('of two containers that ended at once, the one that failed is told', () => {
    const stopped = [
      { name: 'web', ready: false, state: { exitCode: 0, reason: 'Completed' } },
      { name: 'proxy', ready: false, state: { exitCode: 137, reason: 'OOMKilled' } },
    ];
    const told = failing({ containers: stopped }, undefined, { containers: [{ name: 'web' }, { name: 'proxy' }] });
    expect(told).toMatchObject({ detail: 'container proxy OOMKilled (exit 137)' });
  });

  test('its kubelet killed a container for its liveness probe', () => {
    const killed = { containers: [{ ready: false, restarts: 1, last: { exitCode: 137, reason: 'Error' } }] };
    const told = failing(
      killed,
      (story) =>
        unhealthy(
          'Liveness probe failed: HTTP probe failed with statuscode: 500',
          -31,
        )(story).says(-30, POD_UID, 'Killing', 'Container web failed liveness probe, will be restarted'),
      { containers: [{}] },
    );
    expect(told).toMatchObject({
      name: 'LivenessProbeFailed',
      detail: 'liveness probe failed: HTTP probe failed with statuscode: 500; container web ended (exit 137)',
      confidence: 'observed',
    });
  });

  test('a killing of another container, or an OOM kill while liveness failed, is no liveness kill', () => {
    const crashed = (reason: string) => ({ containers: [{ ready: false, restarts: 1, last: { exitCode: 137, reason } }] });
    const other = (story: Story) =>
      story.says(-5, POD_UID, 'Killing', 'Container web-2 failed liveness probe, will be restarted');
    expect(failing(crashed('Error'), other, { containers: [{}] })).toMatchObject({ name: 'ContainerCrashed' });
    const told = failing(crashed('OOMKilled'), unhealthy('Liveness probe failed: timeout'), { containers: [{}] });
    expect(told).toMatchObject({ name: 'ContainerCrashed' });
    expect(failing(crashed('Error'), unhealthy('Liveness probe failed: timeout'), { containers: [{}] })).toMatchObject({
      name: 'LivenessProbeFailed',
      confidence: 'inferred',
    });
  });

  test('a readiness gate is no longer true', () => {
    const gate = (status: string) => ({
      gates: ['example.com/lb'],
      containersReady: true,
      conditions: [{ type: 'example.com/lb', status, reason: 'TargetUnhealthy' }],
    });
    expect(failing(gate('False'), undefined, gate('True'))).toMatchObject({
      name: 'ReadinessGateFailed',
      detail: 'readiness gate example.com/lb is False (TargetUnhealthy)',
      confidence: 'observed',
    });
  });

  test('its node stopped reporting', () => {
    const lost = { containersReady: true };
    expect(failing(lost, (story) => story.withNode(-60, 'True').withNode(-0.1, 'Unknown', 'NodeStatusUnknown'))).toMatchObject({
      name: 'NodeNotReady',
      detail: 'node node-1 stopped reporting',
      confidence: 'observed',
    });
    expect(failing(lost, (story) => story.withNode(-60, 'True').withNode(-0.1, 'False', 'KubeletNotReady'))).toMatchObject({
      detail: 'node node-1 is not ready: KubeletNotReady',
    });
    expect(failing(lost, (story) => story.says(-0.1, POD_UID, 'NodeNotReady', 'Node is not ready'))).toMatchObject({
      name: 'NodeNotReady',
      confidence: 'observed',
    });
    // Only the node controller leaves a Pod so.
    expect(failing(lost)).toMatchObject({ name: 'NodeNotReady', confidence: 'inferred' });
  });

  test('a node that is down does not explain a Pod whose containers are not ready', () => {
    const told = failing({}, (story) => story.withNode(-60, 'True').withNode(-0.1, 'Unknown'));
    expect(told).toMatchObject({ name: 'ReadinessProbeFailed', confidence: 'inferred' });
  });
});

describe('a Pod that becomes ready', () => {
  test('its readiness probe passes', () => {
    expect(passing({})).toMatchObject({ name: 'ReadinessProbePassed', detail: 'readiness probe passed', confidence: 'observed' });
  });

  test('without a probe its containers started', () => {
    const waiting = { containers: [{ probe: false, ready: false, state: 'waiting' as const }] };
    expect(passing(waiting, { containers: [{ probe: false }] })).toMatchObject({
      name: 'PodStarted',
      detail: 'containers started: web',
    });
  });

  test('a container runs again after it ended', () => {
    const ended = { containers: [{ ready: false, state: { exitCode: 137, reason: 'OOMKilled' } }] };
    const again = { containers: [{ restarts: 1, last: { exitCode: 137, reason: 'OOMKilled' } }] };
    expect(passing(ended, again)).toMatchObject({
      name: 'ContainerRestarted',
      detail: 'container web restarted after OOMKilled (exit 137)',
      confidence: 'observed',
    });
  });

  test('a restart of long ago does not explain a probe that passes now', () => {
    const story = new Story().withService(-900, WEB).withPod(-800, pod({ containers: [{ restarts: 1 }] }));
    story.withPod(-10, pod({ ready: false, containers: [{ restarts: 1 }] })).withPod(0, pod({ containers: [{ restarts: 1 }] }));
    expect(story.explain(story.flip(0.02, 'notReady', 'ready'))).toMatchObject({ name: 'ReadinessProbePassed' });
  });

  test('its node is back', () => {
    const told = passing({ containersReady: true }, {}, (story) => story.withNode(-50, 'Unknown').withNode(-1, 'True'));
    expect(told).toMatchObject({ name: 'NodeReady', detail: 'node node-1 is ready again', confidence: 'observed' });
    expect(passing({ containersReady: true })).toMatchObject({ name: 'NodeReady', confidence: 'inferred' });
  });

  test('a readiness gate is true', () => {
    const gate = (status: string) => ({ gates: ['example.com/lb'], conditions: [{ type: 'example.com/lb', status }] });
    expect(passing({ ...gate('False'), containersReady: true }, gate('True'))).toMatchObject({
      name: 'ReadinessGatePassed',
      detail: 'readiness gate example.com/lb is True',
    });
  });
});

describe('the order in which streams are received', () => {
  const story = () => new Story().withService(-300, WEB).withPod(-60, pod());

  test('the list may come before the Pod', () => {
    const told = story();
    const flip = told.flip(0, 'ready', 'notReady');
    told.says(0.01, POD_UID, 'Unhealthy', 'Readiness probe failed: x').withPod(0.02, pod({ ready: false }));
    expect(told.explain(flip)).toMatchObject({ name: 'ReadinessProbeFailed', confidence: 'observed', evidence: [4, 5] });
  });

  test('the list may be late: the state that it shows has ended again', () => {
    const told = story()
      .withPod(0, pod({ ready: false }))
      .withPod(1, pod());
    expect(told.explain(told.flip(1.1, 'ready', 'notReady'))).toMatchObject({ name: 'ReadinessProbeFailed', evidence: [3] });
  });

  test('nothing that changed is unknown', () => {
    const told = story();
    expect(told.explain(told.flip(0, 'ready', 'notReady'))).toMatchObject({
      name: 'unknown',
      confidence: 'unknown',
      evidence: [],
    });
  });

  test('a flip that a relist revealed is never told for certain, nor one from a Pod version that did', () => {
    const told = story()
      .says(-1, POD_UID, 'Unhealthy', 'Readiness probe failed: x')
      .withPod(0, pod({ ready: false }));
    expect(told.explain(told.flip(0.1, 'ready', 'notReady', { origin: 'relist' }))).toMatchObject({ confidence: 'inferred' });
    const relisted = story().says(-1, POD_UID, 'Unhealthy', 'Readiness probe failed: x');
    relisted.withPod(0, pod({ ready: false }), { origin: 'relist' });
    expect(relisted.explain(relisted.flip(0.1, 'ready', 'notReady'))).toMatchObject({ confidence: 'inferred' });
  });

  test('without the Pod its Events are left to go by', () => {
    const told = new Story().withService(-300, WEB).says(-1, POD_UID, 'Unhealthy', 'Readiness probe failed: x');
    expect(told.explain(told.flip(0, 'ready', 'notReady'))).toEqual({
      name: 'ReadinessProbeFailed',
      detail: 'readiness probe failed: x',
      confidence: 'inferred',
      evidence: [2],
    });
  });
});
