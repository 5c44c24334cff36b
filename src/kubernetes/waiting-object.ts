/**
 * Objects of a state that is not complete yet. A cluster may have hundreds of thousands, and all of them wait in memory for
 * the last; so only their bytes wait, and are parsed once more when it is their turn. Of a Pod that is a quarter of the memory.
 */
import type { KubeObject } from '../domain/objects.ts';
import type { ReceivedObject } from '../domain/stream-batch.ts';
import { textOf } from './raw-json.ts';

class WaitingObject implements ReceivedObject {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  readonly resourceVersion: string;
  readonly body: Uint8Array;

  constructor({ uid, namespace, name, resourceVersion, body }: ReceivedObject) {
    this.uid = uid;
    this.namespace = namespace;
    this.name = name;
    this.resourceVersion = resourceVersion;
    this.body = body;
  }

  /** Parsed anew each time. */
  get value(): KubeObject {
    return JSON.parse(textOf(this.body)) as KubeObject;
  }
}

export function waiting(object: ReceivedObject): ReceivedObject {
  return new WaitingObject(object);
}
