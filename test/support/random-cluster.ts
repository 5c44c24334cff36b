/** A cluster in which things happen at random, the same for the same seed: Services with Endpoints, slices and Pods. */
import { Random } from '../../src/demo/simulation/random.ts';
import type { ResourceName } from '../../src/domain/resources.ts';
import type { ClusterHistory } from './fake-api-server/history.ts';
import { type AddressSketch, sliceOf, subsetsOf } from './objects.ts';

/** The streams in which something happens. The other resources stay empty. */
export const LIVELY: readonly ResourceName[] = ['v1/endpoints', 'discovery.k8s.io/v1/endpointslices', 'v1/services', 'v1/pods'];

const SERVICES = ['cart', 'db', 'web'];
const PODS = ['a', 'b', 'c', 'd', 'e', 'f'];

export class RandomCluster {
  readonly history: ClusterHistory;
  /** Wall clock of every change, by revision: to tell whether it lies in a gap. */
  readonly happenedAt = new Map<number, number>();
  readonly #random: Random;

  constructor(history: ClusterHistory, seed: number) {
    this.history = history;
    this.#random = new Random(seed);
    history.follow(({ revision }) => this.happenedAt.set(revision, Date.now()));
  }

  /** Makes `count` things happen, one after the other. */
  happen(count = 1): void {
    for (let each = 0; each < count; each++) this.#happen();
  }

  #happen(): void {
    const { resource, name, content } = this.#pick();
    const exists = this.history.list(resource).some(({ metadata }) => metadata.name === name);
    if (exists && this.#random.next() < 0.15) this.history.remove(resource, name);
    else this.history.put(resource, name, content);
  }

  #pick(): { resource: ResourceName; name: string; content: Record<string, unknown> } {
    const random = this.#random;
    const service = random.pick(SERVICES);
    const pod = random.pick(PODS);
    switch (random.between(0, 9)) {
      case 0:
      case 1:
      case 2:
        return { resource: 'v1/endpoints', name: service, content: subsetsOf(this.#addresses()) };
      case 3:
      case 4:
      case 5: {
        const metadata = { labels: { 'kubernetes.io/service-name': service } };
        const name = `${service}-${random.between(1, 2)}`;
        return { resource: 'discovery.k8s.io/v1/endpointslices', name, content: { metadata, ...sliceOf(this.#addresses()) } };
      }
      case 6:
        return {
          resource: 'v1/services',
          name: service,
          content: { spec: { selector: { app: service, turn: random.suffix() } } },
        };
      case 7: {
        // A change of what is not stored: no event comes of it, but the cursor moves over it.
        const known = this.history.list('v1/pods').find(({ metadata }) => metadata.name === pod);
        const { spec, status } = known ?? this.#podOf(pod);
        return {
          resource: 'v1/pods',
          name: pod,
          content: { spec, status, metadata: { annotations: { note: random.suffix() } } },
        };
      }
      default:
        return { resource: 'v1/pods', name: pod, content: this.#podOf(pod) };
    }
  }

  #addresses(): AddressSketch[] {
    return this.#random
      .shuffled(PODS)
      .slice(0, this.#random.between(0, PODS.length))
      .map((pod) => ({ ip: `10.0.0.${PODS.indexOf(pod) + 1}`, pod, ready: this.#random.next() < 0.6 }));
  }

  #podOf(pod: string): Record<string, unknown> {
    const ready = this.#random.next() < 0.5 ? 'True' : 'False';
    return {
      spec: {
        nodeName: 'node-1',
        containers: [{ name: 'main', image: 'store/main:1', env: [{ name: 'TOKEN', value: 'secret' }] }],
      },
      status: {
        phase: 'Running',
        podIPs: [{ ip: `10.0.0.${PODS.indexOf(pod) + 1}` }],
        conditions: [{ type: 'Ready', status: ready }],
      },
    };
  }
}
