import { describe, expect, test } from 'vitest';
import { POD_UID, type PodSketch, pod, Story } from '../../support/cause-evidence.ts';

const WEB = { selector: { app: 'web' }, ports: [{ port: 80 }] };

/** A Pod that was ready for ten minutes and then is what `going` says; `tell` comes in between. */
function leaving(
  going: PodSketch,
  tell: (story: Story) => unknown = () => {},
  source: 'endpoints' | 'endpointslices' = 'endpoints',
) {
  const story = new Story().withService(-590, WEB).withPod(-570, pod(going.owner ? { owner: going.owner } : {}));
  tell(story);
  story.withPod(0, pod(going));
  return story.explain(story.flip(0.02, 'ready', source === 'endpoints' ? 'absent' : 'serving', { source }));
}

/** A Pod that is made at -5 and has an address at 0. */
function coming(sketch: PodSketch, tell: (story: Story) => unknown = () => {}) {
  const story = new Story().withService(-590, WEB);
  tell(story);
  story.withPod(-5, pod({ ...sketch, pending: true, ready: false })).withPod(0, pod({ ...sketch, ready: false }));
  return story.explain(story.flip(0.02, 'absent', 'notReady'));
}

const settled = (story: Story) => story.withDeployment(-580, 3).withReplicaSet(-580, 'web-a', 1, 3, 3);
const deleted =
  (pod_ = 'web-1') =>
  (story: Story) =>
    story.says(0.01, 'uid-web-a', 'SuccessfulDelete', `Deleted pod: ${pod_}`);

describe('a Pod that goes', () => {
  test.each([
    ['EvictionByEvictionAPI', 'evicted through the eviction API'],
    ['PreemptionByScheduler', 'preempted by the scheduler for a Pod of higher priority'],
    ['DeletionByTaintManager', 'evicted because of a taint of its node: Taint manager: deleting'],
  ])('is evicted: %s', (reason, detail) => {
    const conditions = [{ type: 'DisruptionTarget', status: 'True', reason, message: 'Taint manager: deleting' }];
    expect(leaving({ deleting: true, conditions }, settled)).toMatchObject({ name: 'Evicted', detail, confidence: 'observed' });
  });

  test('is evicted, by the Events of older clusters; a deletion that was called off is none', () => {
    const says = (reason: string, message: string) => (story: Story) => settled(story).says(-0.1, POD_UID, reason, message);
    expect(leaving({ deleting: true }, says('Preempted', 'Preempted by pod 8f5e on node node-1'))).toMatchObject({
      name: 'Evicted',
      detail: 'preempted by pod 8f5e on node node-1',
    });
    const taint = says('TaintManagerEviction', 'Marking for deletion Pod store/web-1');
    expect(leaving({ deleting: true }, taint)).toMatchObject({ name: 'Evicted' });
    const calledOff = says('TaintManagerEviction', 'Cancelling deletion of Pod store/web-1');
    expect(leaving({ deleting: true }, calledOff)).toMatchObject({ name: 'PodDeleted' });
  });

  test('is evicted by its kubelet: it fails', () => {
    const told = leaving({ phase: 'Failed', reason: 'Evicted', message: 'The node was low on resource: memory.', ready: false });
    expect(told).toMatchObject({ name: 'Evicted', detail: 'evicted by the kubelet: The node was low on resource: memory.' });
  });

  test('completed, or failed for good', () => {
    const job = { owner: { kind: 'Job', name: 'migrate' }, ready: false };
    expect(leaving({ ...job, phase: 'Succeeded' })).toMatchObject({ name: 'PodCompleted', detail: 'Pod web-1 completed' });
    const containers = [{ ready: false, state: { exitCode: 3, reason: 'Error' } }];
    expect(leaving({ ...job, phase: 'Failed', containers })).toMatchObject({
      name: 'PodCompleted',
      detail: 'Pod web-1 failed: container web Error (exit 3)',
    });
  });

  test('is taken away by a rollout to a newer ReplicaSet', () => {
    const told = leaving({ deleting: true }, (story) =>
      settled(story).withReplicaSet(-2, 'web-b', 2, 1, 1).withReplicaSet(-0.1, 'web-a', 1, 2, 3),
    );
    expect(told).toMatchObject({ name: 'Rollout', detail: 'rollout: ReplicaSet web-a → web-b', confidence: 'observed' });
  });

  test('is taken away by a rollback, to a ReplicaSet that is older and has the newest revision', () => {
    const told = leaving({ deleting: true }, (story) =>
      settled(story)
        .withReplicaSet(-570, 'web-b', 1, 3, 3)
        .withReplicaSet(-1, 'web-b', 4, 3, 3)
        .withReplicaSet(-0.1, 'web-a', 1, 2, 3),
    );
    expect(told).toMatchObject({ name: 'Rollout', detail: 'rollout: ReplicaSet web-a → web-b' });
  });

  test('is taken away by a rollout that takes all away first', () => {
    const told = leaving({ deleting: true }, (story) => settled(story).withReplicaSet(-0.1, 'web-a', 1, 0, 3));
    expect(told).toMatchObject({
      name: 'Rollout',
      detail: 'rollout: ReplicaSet web-a is being replaced',
      confidence: 'inferred',
    });
  });

  test('is one too many after its Deployment was scaled down', () => {
    const told = leaving({ deleting: true }, (story) =>
      settled(story).withDeployment(-0.2, 1).withReplicaSet(-0.1, 'web-a', 1, 1, 3),
    );
    expect(told).toMatchObject({
      name: 'ScaledDown',
      detail: 'scaled down: ReplicaSet web-a from 3 to 1',
      confidence: 'observed',
    });
  });

  test('is scaled down though the ReplicaSet says so a little later', () => {
    const story = new Story().withService(-590, WEB).withPod(-570, pod());
    settled(story)
      .withDeployment(-0.2, 1)
      .withPod(0, pod({ deleting: true }));
    const flip = story.flip(0.01, 'ready', 'absent');
    deleted()(story.withReplicaSet(0.05, 'web-a', 1, 1, 3));
    expect(story.explain(flip)).toMatchObject({ name: 'ScaledDown', confidence: 'observed' });
  });

  test('was deleted by somebody: its ReplicaSet still wants it', () => {
    expect(leaving({ deleting: true }, settled)).toMatchObject({ name: 'PodDeleted', confidence: 'observed' });
    const scaledBefore = (story: Story) =>
      settled(story).withReplicaSet(-60, 'web-a', 1, 2, 3).withReplicaSet(-59, 'web-a', 1, 2, 2);
    expect(leaving({ deleting: true }, scaledBefore)).toMatchObject({ name: 'PodDeleted' });
    // Without the ReplicaSet it may as well have been a rollout.
    expect(leaving({ deleting: true })).toMatchObject({ name: 'PodDeleted', confidence: 'inferred' });
  });

  test('that another Pod was deleted says nothing of it', () => {
    const told = leaving({ deleting: true }, (story) => deleted('web-12')(settled(story)));
    expect(told).toMatchObject({ name: 'PodDeleted' });
  });

  test('goes from slices in steps, all for one reason; deleted by nobody known it is terminating', () => {
    const scaled = (story: Story) => settled(story).withDeployment(-0.2, 1).withReplicaSet(-0.1, 'web-a', 1, 1, 3);
    const story = new Story().withService(-590, WEB).withPod(-570, pod());
    scaled(story).withPod(0, pod({ deleting: true }));
    const steps = [story.flip(0.02, 'ready', 'serving', { source: 'endpointslices' })];
    story.withPod(30, pod({ deleting: true, ready: false }));
    steps.push(story.flip(30.02, 'serving', 'terminating', { source: 'endpointslices' }));
    story.withPod(31, pod({ deleting: true, ready: false }), { type: 'DELETED' });
    steps.push(story.flip(31.02, 'terminating', 'absent', { source: 'endpointslices' }));
    expect(steps.map((flip) => story.explain(flip).name)).toEqual(['ScaledDown', 'ScaledDown', 'ScaledDown']);
    expect(leaving({ deleting: true }, settled, 'endpointslices')).toMatchObject({
      name: 'PodTerminating',
      detail: 'Pod web-1 is being deleted',
    });
  });

  test('is replaced by a StatefulSet with one of another revision', () => {
    const owner = { kind: 'StatefulSet', name: 'web' };
    const labels = (hash: string) => ({ app: 'web', 'controller-revision-hash': hash });
    const story = new Story().withService(-590, WEB).withPod(-570, pod({ owner, labels: labels('web-1a') }));
    story.withPod(0, pod({ owner, labels: labels('web-1a'), deleting: true }));
    const flip = story.flip(0.02, 'ready', 'absent');
    expect(story.explain(flip)).toMatchObject({ name: 'PodDeleted' });
    story.withPod(30, pod({ owner, labels: labels('web-2b'), uid: 'uid-next', pending: true }));
    expect(story.explain(flip)).toMatchObject({
      name: 'Rollout',
      detail: 'rollout: StatefulSet web web-1a → web-2b',
      confidence: 'inferred',
    });
  });

  test('does not match the selector any more', () => {
    expect(leaving({ labels: { app: 'quarantine' } }, settled)).toMatchObject({
      name: 'LabelsChanged',
      detail: 'labels changed: app=web → app=quarantine',
      confidence: 'observed',
    });
  });
});

describe('a Pod that comes', () => {
  test('belongs to a rollout', () => {
    const told = coming({ owner: { kind: 'ReplicaSet', name: 'web-b' } }, (story) =>
      settled(story).withReplicaSet(-5.1, 'web-b', 2, 1, 0),
    );
    expect(told).toMatchObject({ name: 'Rollout', detail: 'rollout: ReplicaSet web-a → web-b', confidence: 'observed' });
  });

  test('is one more after a scaling up', () => {
    const told = coming({}, (story) => settled(story).withDeployment(-6, 5).withReplicaSet(-5.1, 'web-a', 1, 5, 3));
    expect(told).toMatchObject({ name: 'ScaledUp', detail: 'scaled up: ReplicaSet web-a from 3 to 5', confidence: 'observed' });
  });

  test('takes the place of another', () => {
    const told = coming({}, (story) => settled(story).withReplicaSet(-5.1, 'web-a', 1, 3, 2));
    expect(told).toMatchObject({ name: 'PodStarted', detail: 'Pod web-1 started', confidence: 'observed' });
  });

  test('of something that is not recorded just started', () => {
    expect(coming({ owner: { kind: 'DaemonSet', name: 'agent' } })).toMatchObject({ name: 'PodStarted', confidence: 'observed' });
    expect(coming({})).toMatchObject({ name: 'PodStarted', confidence: 'inferred' });
  });

  test('is the first of its Deployment', () => {
    const told = coming({}, (story) => story.withDeployment(-6, 3).withReplicaSet(-5.5, 'web-a', 1, 3, 0));
    expect(told).toMatchObject({ name: 'PodStarted', confidence: 'observed' });
  });

  test('matches the selector now', () => {
    const story = settled(new Story().withService(-590, WEB))
      .withPod(-570, pod({ labels: { app: 'other' } }))
      .withPod(0, pod());
    expect(story.explain(story.flip(0.02, 'absent', 'ready'))).toMatchObject({ name: 'LabelsChanged' });
  });

  test('was there before anything was known of it', () => {
    const story = new Story().withService(-590, WEB, { origin: 'snapshot' });
    const flip = story.flip(0, 'absent', 'ready', { origin: 'relist' });
    expect(story.explain(flip)).toMatchObject({ name: 'FirstSeen', confidence: 'unknown', evidence: [] });
    story.withPod(1, pod(), { origin: 'snapshot' });
    expect(story.explain(flip)).toMatchObject({ name: 'FirstSeen', confidence: 'unknown' });
  });
});
