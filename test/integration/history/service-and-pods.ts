/** A log of one Service, its Pods and its address list, in which each may say what it likes. */
import type { AddressSketch } from '../../support/objects.ts';
import { ENDPOINTS, endpoints, recordedLog, SERVICES } from './recorded-log.ts';

export const PODS = 'v1/pods';

export interface PodSketch {
  readonly name: string;
  readonly ready: boolean;
  readonly app?: string;
  readonly phase?: string;
  readonly ip?: string;
  readonly transition?: string;
}

export const ipOf = (name: string) => `10.0.0.${name.charCodeAt(0)}`;

export const pod = ({ name, ready, app = 'cart', phase = 'Running', ip = ipOf(name), transition }: PodSketch) => ({
  name,
  uid: `uid-${name}`,
  labels: { app },
  body: {
    spec: { nodeName: 'node-1', containers: [{ name: 'main', ports: [{ name: 'http', containerPort: 8080 }] }] },
    status: {
      phase,
      podIPs: ip === '' ? [] : [{ ip }],
      conditions: [
        { type: 'Ready', status: ready ? 'True' : 'False', ...(transition ? { lastTransitionTime: transition } : {}) },
      ],
    },
  },
});

export const service = (spec: object) => ({ name: 'cart', body: { spec } });
export const SELECTING = service({ selector: { app: 'cart' }, ports: [{ port: 80, targetPort: 'http' }] });
export const listed = (name: string, ready = true): AddressSketch => ({ ip: ipOf(name), pod: name, ready });

/** A log with one Service, these Pods and this list, complete from 0 on. */
export function begun(pods: readonly PodSketch[], list: readonly AddressSketch[], of = SELECTING) {
  const log = recordedLog();
  log.snapshot(0, SERVICES, [of]);
  log.snapshot(0, PODS, pods.map(pod));
  log.snapshot(0, ENDPOINTS, [endpoints('cart', list)]);
  return {
    ...log,
    pod: (ms: number, sketch: PodSketch) => log.change(ms, PODS, 'MODIFIED', pod(sketch)),
    list: (ms: number, addresses: readonly AddressSketch[]) =>
      log.change(ms, ENDPOINTS, 'MODIFIED', endpoints('cart', addresses)),
    proveAll: (ms: number) => {
      for (const stream of [ENDPOINTS, PODS, SERVICES] as const) log.prove(ms, stream);
    },
  };
}
