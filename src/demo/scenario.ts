/**
 * What happens to the demo cluster: episodes such as an engineer meets them, one after the other, for ever. An episode only
 * gives the push (a new image is applied, a probe begins to fail, a container is killed); the controllers do the rest.
 */
import { keyOf } from './cluster-state.ts';
import { type Deployment, isReady, isTerminating, noteWrite, type Pod } from './objects.ts';
import { currentReplicaSet, replicaSetsOf } from './simulation/deployment-controller.ts';
import { type Kubelet, probePeriodMs } from './simulation/kubelet.ts';
import { podsOf } from './simulation/replica-set-controller.ts';
import type { World } from './simulation/world.ts';

/** An obvious fake. It stands in the Pods' env so that a test can look for it where it must never be. */
export const FAKE_SECRET = 'not-a-real-secret-hunter2';

const FIRST_EPISODE_AFTER_MS = 2_500;
const LOOK_EVERY_MS = 250;
/** An episode that has not come to rest by then is left alone, and the next begins. */
const LONGEST_EPISODE_MS = 60_000;
const PROBE_PERIOD_S = 2;

const PROBE_FAILURES = [
  'Readiness probe failed: HTTP probe failed with statuscode: 503',
  'Readiness probe failed: HTTP probe failed with statuscode: 503',
  'Readiness probe failed: Get "http://$ADDRESS/ready": context deadline exceeded (Client.Timeout exceeded while awaiting headers)',
];

type Name = 'cart' | 'checkout' | 'db';

interface Episode {
  readonly deployment: Name;
  /** @returns false when it cannot be played as things stand; the next one is tried. */
  readonly begin: () => boolean;
}

/** The Deployments' usual sizes, to which scaling comes back. */
const USUAL: Readonly<Record<Name, number>> = { cart: 5, checkout: 3, db: 2 };

export class Scenario {
  readonly #world: World;
  readonly #kubelet: Kubelet;
  readonly #revisions: Record<Name, number> = { cart: 2, checkout: 3, db: 1 };
  #deck: Episode[];

  constructor(world: World, kubelet: Kubelet) {
    this.#world = world;
    this.#kubelet = kubelet;
    // The first round shows something of everything, in an order that makes a story; later ones are shuffled.
    this.#deck = this.#round();
  }

  start(): void {
    this.#world.schedule.after(FIRST_EPISODE_AFTER_MS, () => this.#next());
  }

  #round(): Episode[] {
    return [
      { deployment: 'checkout', begin: () => this.#rollOut('checkout') },
      { deployment: 'cart', begin: () => this.#killOnePod('cart', 137, 'OOMKilled') },
      { deployment: 'checkout', begin: () => this.#failProbes('checkout', 'one') },
      { deployment: 'cart', begin: () => this.#rollOut('cart') },
      { deployment: 'checkout', begin: () => this.#scale('checkout', this.#world.random.between(1, 3)) },
      { deployment: 'checkout', begin: () => this.#failProbes('checkout', 'all') },
      { deployment: 'cart', begin: () => this.#failProbes('cart', 'one') },
      { deployment: 'checkout', begin: () => this.#scale('checkout', 0) },
      { deployment: 'db', begin: () => this.#deleteOnePod('db') },
      { deployment: 'cart', begin: () => this.#scale('cart', -2) },
      { deployment: 'checkout', begin: () => this.#killOnePod('checkout', 2, 'Error', 2) },
      { deployment: 'cart', begin: () => this.#scale('cart', 0) },
    ];
  }

  #next(): void {
    const episode = this.#deck.shift();
    if (episode === undefined) {
      this.#deck = this.#world.random.shuffled(this.#round());
      this.#next();
      return;
    }
    let begun = false;
    try {
      begun = episode.begin();
    } finally {
      if (begun) this.#awaitRest(episode.deployment, this.#world.schedule.now + LONGEST_EPISODE_MS);
      // Not at once: should none of them be possible, time must still go on.
      else this.#world.schedule.after(LOOK_EVERY_MS, () => this.#next());
    }
  }

  #awaitRest(name: Name, latest: number): void {
    const { schedule, random } = this.#world;
    schedule.after(LOOK_EVERY_MS, () => {
      if (this.#atRest(name) || schedule.now >= latest) schedule.after(random.between(2_000, 5_000), () => this.#next());
      else this.#awaitRest(name, latest);
    });
  }

  /** As many ready Pods of the current template as wanted, and none besides that is still serving. */
  #atRest(name: Name): boolean {
    const deployment = this.#deployment(name);
    if (deployment === undefined) return true;
    const alive = this.#pods(deployment).filter((pod) => !isTerminating(pod));
    const current = currentReplicaSet(this.#world, deployment);
    return (
      alive.length === deployment.spec.replicas &&
      current?.spec.replicas === deployment.spec.replicas &&
      alive.every((pod) => isReady(pod) && !this.#kubelet.isFailing(pod))
    );
  }

  /** `kubectl apply` with a new image. */
  #rollOut(name: Name): boolean {
    const revision = ++this.#revisions[name];
    return this.#apply(name, ({ spec: { template } }) => {
      template.metadata.labels = { ...template.metadata.labels, version: `v${revision}` };
      template.spec.terminationGracePeriodSeconds = 30;
      for (const container of template.spec.containers) {
        container.image = `${name}:v${revision}`;
        container.env = [
          { name: 'LOG_LEVEL', value: 'info' },
          { name: 'DB_HOST', value: 'db.store.svc.cluster.local' },
          { name: 'DB_PASSWORD', value: FAKE_SECRET },
        ];
        if (container.readinessProbe) container.readinessProbe.periodSeconds = PROBE_PERIOD_S;
      }
    });
  }

  #scale(name: Name, by: number): boolean {
    const replicas = USUAL[name] + by;
    if (this.#deployment(name)?.spec.replicas === replicas) return false;
    return this.#apply(name, ({ spec }) => {
      spec.replicas = replicas;
    });
  }

  /** The manifest also stands in the annotation that `kubectl apply` leaves, env values and all. */
  #apply(name: Name, change: (draft: Deployment) => void): boolean {
    const { state, schedule } = this.#world;
    const applied = state.edit<Deployment>('apps/v1/deployments', `store/${name}`, (draft) => {
      change(draft);
      const { kind, apiVersion, metadata, spec } = draft;
      metadata.generation = (metadata.generation ?? 1) + 1;
      const { replicas, selector, template } = spec;
      const manifest = {
        apiVersion,
        kind,
        metadata: { annotations: {}, name, namespace: metadata.namespace },
        spec: { replicas, selector, template },
      };
      metadata.annotations = {
        ...metadata.annotations,
        'kubectl.kubernetes.io/last-applied-configuration': `${JSON.stringify(manifest)}\n`,
      };
      noteWrite(draft, 'kubectl-client-side-apply', schedule.now);
    });
    return applied !== undefined;
  }

  #failProbes(name: Name, which: 'one' | 'all'): boolean {
    const { random } = this.#world;
    // A slow probe would take half a minute to be noticed: those Pods are from before the first rollout.
    const pods = this.#readyPods(name).filter((pod) => probePeriodMs(pod) <= PROBE_PERIOD_S * 1_000);
    if (pods.length < 2) return false;
    const forMs = random.between(4_000, 9_000);
    const failure = random.pick(PROBE_FAILURES);
    for (const pod of which === 'all' ? pods : [random.pick(pods)]) {
      const message = failure.replace('$ADDRESS', `${pod.status.podIP}:8080`);
      this.#kubelet.failReadiness(pod, message, forMs);
    }
    return true;
  }

  /** @param times Two make a crash loop with a back-off. */
  #killOnePod(name: Name, exitCode: number, reason: string, times = 1): boolean {
    const pods = this.#readyPods(name);
    if (pods.length < 2) return false;
    const fewest = Math.min(...pods.map((pod) => this.#kubelet.recentCrashes(pod)));
    const pod = this.#world.random.pick(pods.filter((each) => this.#kubelet.recentCrashes(each) === fewest));
    this.#kubelet.crash(pod, exitCode, reason, times);
    return true;
  }

  #deleteOnePod(name: Name): boolean {
    const pods = this.#readyPods(name);
    if (pods.length < 2) return false;
    this.#kubelet.delete(keyOf(this.#world.random.pick(pods)));
    return true;
  }

  #deployment(name: Name): Readonly<Deployment> | undefined {
    return this.#world.state.get<Deployment>('apps/v1/deployments', `store/${name}`)?.object;
  }

  #pods(deployment: Readonly<Deployment>): Readonly<Pod>[] {
    return replicaSetsOf(this.#world, deployment).flatMap((each) => podsOf(this.#world, each));
  }

  #readyPods(name: Name): Readonly<Pod>[] {
    const deployment = this.#deployment(name);
    if (deployment === undefined) return [];
    return this.#pods(deployment).filter((pod) => isReady(pod) && !isTerminating(pod));
  }
}
