/** What the real trace lacks, as short stories through the real recorder, store and history. */
import { describe, expect, onTestFinished, test } from 'vitest';
import { ClusterStory, type Listed } from './story.ts';

const up: Listed = { pod: {} };
const down: Listed = { pod: {}, ready: false };
const alone = { owner: { kind: 'DaemonSet', name: 'agent' } };

function begin(options?: ConstructorParameters<typeof ClusterStory>[0]): ClusterStory {
  const story = new ClusterStory(options);
  onTestFinished(() => story.close());
  return story;
}

/** A Pod that came up with its Service and has been ready for a minute. */
const running = (options?: Parameters<typeof begin>[0], sketch = {}) =>
  begin(options).pod(0, sketch).service(0.1).endpoints(0.2, [up]).slice(0.2, [up]);

describe('stories', () => {
  test('a liveness kill and the restart after it', async () => {
    const story = running()
      .says(60, 'Unhealthy', 'Liveness probe failed: HTTP probe failed with statuscode: 500')
      .says(60.1, 'Killing', 'Container web failed liveness probe, will be restarted')
      .pod(90, { ready: false, containers: [{ restarts: 1, last: { exitCode: 137, reason: 'Error' } }] })
      .endpoints(90.1, [down])
      .pod(100, { containers: [{ restarts: 1, last: { exitCode: 137, reason: 'Error' } }] })
      .endpoints(100.1, [up]);
    expect(await story.told()).toEqual([
      'absent → ready ServiceCreated observed: Service web created',
      'ready → notReady LivenessProbeFailed observed: liveness probe failed: HTTP probe failed with statuscode: 500; container web ended (exit 137)',
      'notReady → ready ContainerRestarted observed: container web restarted after Error (exit 137)',
    ]);
  });

  test('a crash, then a startup probe that kills the container once more before it comes up', async () => {
    const ended = (restarts: number) => ({ restarts, last: { exitCode: 1, reason: 'Error' } });
    const story = running()
      .pod(60, { ready: false, containers: [{ state: { exitCode: 1, reason: 'Error' } }] })
      .endpoints(60.1, [down])
      .pod(61, { ready: false, containers: [ended(1)] })
      .says(90, 'Unhealthy', 'Startup probe failed: dial tcp: connection refused')
      .says(90.1, 'Killing', 'Container web failed startup probe, will be restarted')
      .pod(91, { ready: false, containers: [ended(2)] })
      .pod(120, { containers: [ended(2)] })
      .endpoints(120.1, [up]);
    expect((await story.told()).slice(1)).toEqual([
      'ready → notReady ContainerCrashed observed: container web Error (exit 1)',
      'notReady → ready ContainerRestarted observed: container web restarted after Error (exit 1)',
    ]);
  });

  test.each([
    ['PreemptionByScheduler', 'preempted by the scheduler for a Pod of higher priority'],
    ['DeletionByTaintManager', 'evicted because of a taint of its node'],
  ])('an eviction: %s', async (reason, detail) => {
    const conditions = [{ type: 'DisruptionTarget', status: 'True', reason }];
    const story = running().pod(60, { conditions }).pod(60.1, { conditions, deleting: true }).endpoints(60.2, []);
    story.slice(60.2, [{ ...up, ready: false, serving: true, terminating: true }]);
    expect((await story.told()).at(-1)).toBe(`ready → absent Evicted observed: ${detail}`);
    expect((await story.told('endpointslices')).at(-1)).toBe(`ready → serving Evicted observed: ${detail}`);
  });

  test('a readiness gate that fails and passes again', async () => {
    const gate = (status: string) => ({ gates: ['example.com/lb'], conditions: [{ type: 'example.com/lb', status }] });
    const story = running({}, gate('True'))
      .pod(60, { ...gate('False'), ready: false, containersReady: true })
      .endpoints(60.1, [down])
      .pod(70, gate('True'))
      .endpoints(70.1, [up]);
    expect((await story.told()).slice(1)).toEqual([
      'ready → notReady ReadinessGateFailed observed: readiness gate example.com/lb is False',
      'notReady → ready ReadinessGatePassed observed: readiness gate example.com/lb is True',
    ]);
  });

  test('a Job that completes', async () => {
    const job = { owner: { kind: 'Job', name: 'migrate' } };
    const story = running({}, job)
      .pod(60, { ...job, ready: false, phase: 'Succeeded' })
      .endpoints(60.1, []);
    expect((await story.told()).at(-1)).toBe('ready → absent PodCompleted observed: Pod web-1 completed');
  });

  test('an update of a StatefulSet: the Pod comes back under its name, in another revision', async () => {
    const set = (hash: string) => ({
      owner: { kind: 'StatefulSet', name: 'web' },
      labels: { app: 'web', 'controller-revision-hash': hash },
    });
    const next = { ...set('web-2b'), uid: 'uid-next' };
    const story = running({}, set('web-1a'))
      .pod(60, { ...set('web-1a'), deleting: true })
      .endpoints(60.1, [])
      .pod(75, { ...set('web-1a'), deleting: true, ready: false }, 'DELETED')
      .pod(76, { ...next, pending: true, ready: false })
      .pod(80, { ...next, ready: false })
      .endpoints(80.1, [{ pod: next, ready: false }])
      .pod(90, next)
      .endpoints(90.1, [{ pod: next }]);
    expect((await story.told()).slice(1)).toEqual([
      'ready → absent Rollout inferred: rollout: StatefulSet web web-1a → web-2b',
      'absent → notReady Rollout inferred: rollout: StatefulSet web web-1a → web-2b',
      'notReady → ready ReadinessProbePassed observed: readiness probe passed',
    ]);
  });

  test('a Pod of a DaemonSet, whose reasons are not recorded', async () => {
    const story = running({}, alone)
      .says(60, 'SuccessfulDelete', 'Deleted pod: web-1', 'uid-agent')
      .pod(60.1, { ...alone, deleting: true })
      .endpoints(60.2, []);
    expect((await story.told()).at(-1)).toBe('ready → absent PodDeleted inferred: Pod web-1 deleted by DaemonSet agent');
  });

  test('two containers of which one fails', async () => {
    const containers = (ready: boolean) => [
      { name: 'web', ready: true },
      { name: 'proxy', ready },
    ];
    const story = running({}, { containers: containers(true) })
      .says(60, 'Unhealthy', 'Readiness probe failed: dial tcp: connection refused')
      .pod(60.1, { ready: false, containers: containers(false) })
      .endpoints(60.2, [down]);
    expect((await story.told()).at(-1)).toBe(
      'ready → notReady ReadinessProbeFailed observed: readiness probe of container proxy failed: dial tcp: connection refused',
    );
  });

  test('a Pod of two Services', async () => {
    const story = running()
      .service(1, 'other', { selector: { app: 'web' } })
      .endpoints(1.1, [up], { name: 'other' })
      .says(60, 'Unhealthy', 'Readiness probe failed: timeout')
      .pod(60.1, { ready: false })
      .endpoints(60.2, [down])
      .endpoints(60.3, [down], { name: 'other' });
    const failed = 'ready → notReady ReadinessProbeFailed observed: readiness probe failed: timeout';
    expect((await story.told()).slice(2)).toEqual([failed, failed]);
  });

  test('dual-stack, in a cluster that serves no Endpoints', async () => {
    const both = (state: Listed, seconds: number, story: ClusterStory) =>
      story.slice(seconds, [state], 'web-v4').slice(seconds, [{ ...state, ip: 'fd00::1' }], 'web-v6');
    const story = begin({ without: ['v1/endpoints'] })
      .pod(0)
      .service(0.1);
    both(up, 0.2, story).says(60, 'Unhealthy', 'Readiness probe failed: timeout').pod(60.1, { ready: false });
    both(down, 60.2, story);
    const failed = 'ready → notReady ReadinessProbeFailed observed: readiness probe failed: timeout';
    expect((await story.told('endpointslices')).slice(2)).toEqual([failed, failed]);
  });

  test('Endpoints written by server-side apply', async () => {
    const applied = (second: number) => ({
      metadata: { managedFields: [{ manager: 'gitops', operation: 'Apply', time: `2026-11-23T16:00:${second}Z` }] },
    });
    const story = begin()
      .service(0, 'web', { ports: [{ port: 8080 }] })
      .endpoints(10, [{ ip: '203.0.113.7' }], applied(10))
      .endpoints(40, [{ ip: '203.0.113.8' }], applied(40));
    const edited = 'EndpointsEdited observed: Endpoints edited by gitops (server-side apply)';
    expect(await story.told()).toEqual([`absent → ready ${edited}`, `ready → absent ${edited}`, `absent → ready ${edited}`]);
  });

  test('what a relist reveals is inferred at most, whatever the evidence', async () => {
    const story = running().says(60, 'Unhealthy', 'Readiness probe failed: timeout').pod(60.1, { ready: false });
    story.list(62, 'v1/endpoints', [
      {
        metadata: { name: 'web', uid: 'uid-endpoints-web' },
        subsets: [
          {
            notReadyAddresses: [
              { ip: '10.0.0.1', targetRef: { kind: 'Pod', name: 'web-1', uid: 'uid-web-1' }, nodeName: 'node-1' },
            ],
            ports: [{ port: 8080, protocol: 'TCP' }],
          },
        ],
      },
    ]);
    expect((await story.told()).at(-1)).toBe('ready → notReady ReadinessProbeFailed inferred: readiness probe failed: timeout');
  });

  test('the expiry of a v1 Event is nothing that happened', async () => {
    const story = running()
      .says(1, 'Unhealthy', 'Readiness probe failed: timeout')
      .expires(299.9)
      .pod(300, { ready: false, containers: [{ probe: false }] })
      .endpoints(300.1, [down]);
    expect((await story.told()).at(-1)).toBe('ready → notReady unknown unknown');
  });

  test('without Pods, Events still tell', async () => {
    const story = begin({ without: ['v1/pods'] })
      .service(0)
      .endpoints(0.2, [up])
      .says(60, 'Unhealthy', 'Readiness probe failed: timeout')
      .endpoints(60.2, [down]);
    expect(await story.told()).toEqual([
      'absent → ready ServiceCreated inferred: Service web created',
      'ready → notReady ReadinessProbeFailed inferred: readiness probe failed: timeout',
    ]);
  });
});
