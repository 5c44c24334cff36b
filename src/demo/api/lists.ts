/** Lists, whole or in pages, of the demo API server. */
import type { Resource } from '../../domain/resources.ts';
import { type ClusterState, itemJson, type StoredObject } from '../cluster-state.ts';
import type { CollectionPath, ListQuery } from './request.ts';
import { badRequest, expired, tooLargeVersion } from './status.ts';

/** How many states at an older version are kept for the pages that follow. A list not continued for so long is cut off. */
const KEPT_SNAPSHOTS = 32;

interface Token {
  readonly version: number;
  readonly after: string;
}

export class Lists {
  readonly #state: ClusterState;
  /** By resource and version, oldest first. They share the objects with the state, so they are small. */
  readonly #snapshots = new Map<string, readonly StoredObject[]>();

  constructor(state: ClusterState) {
    this.#state = state;
  }

  /**
   * Answers one list request with the JSON of a List, or of a PartialObjectMetadataList.
   *
   * @throws ApiError 400 for a token that this server did not make, 410 for one too old or a version not held, 504 for a
   *   version from the future.
   */
  list(path: CollectionPath, query: ListQuery, form: 'objects' | 'metadata'): string {
    const { resource, namespace } = path;
    const token = query.continueToken === undefined ? undefined : decodeToken(query.continueToken);
    const version = token?.version ?? this.#checkedVersion(query);
    const all = this.#at(resource, version);
    const within = namespace === undefined ? all : all.filter(({ object }) => object.metadata.namespace === namespace);
    const rest = token ? within.filter(({ key }) => key > token.after) : within;
    const page = query.limit > 0 ? rest.slice(0, query.limit) : rest;
    const more = rest.length - page.length;
    if (more > 0) this.#keep(resource, version, all);
    const metadata = {
      resourceVersion: String(version),
      ...(more > 0 ? { continue: encodeToken({ version, after: page.at(-1)?.key ?? '' }), remainingItemCount: more } : {}),
    };
    const items = page.map(form === 'objects' ? itemJson : ({ object: { metadata } }) => JSON.stringify({ metadata }));
    const [kind, apiVersion] =
      form === 'objects' ? [`${resource.kind}List`, resource.apiVersion] : ['PartialObjectMetadataList', 'meta.k8s.io/v1'];
    return `{"kind":"${kind}","apiVersion":"${apiVersion}","metadata":${JSON.stringify(metadata)},"items":[${items.join(',')}]}\n`;
  }

  /** Every answer but a later page is of the latest version: the newest is "not older" than any. */
  #checkedVersion({ resourceVersion, match }: ListQuery): number {
    const current = this.#state.version;
    if (resourceVersion === undefined) return current;
    if (BigInt(resourceVersion) > BigInt(current)) throw tooLargeVersion(resourceVersion, current);
    if (match === 'Exact' && Number(resourceVersion) !== current) {
      throw expired(`The resourceVersion for the provided list is too old: ${resourceVersion} (${current})`);
    }
    return current;
  }

  #at(resource: Resource, version: number): readonly StoredObject[] {
    const kept = this.#snapshots.get(snapshotKey(resource, version));
    if (kept) return kept;
    if (version === this.#state.version) return this.#state.list(resource.name);
    throw expired(
      'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter.',
    );
  }

  #keep(resource: Resource, version: number, objects: readonly StoredObject[]): void {
    this.#snapshots.set(snapshotKey(resource, version), objects);
    for (const key of this.#snapshots.keys()) {
      if (this.#snapshots.size <= KEPT_SNAPSHOTS) return;
      this.#snapshots.delete(key);
    }
  }
}

function snapshotKey(resource: Resource, version: number): string {
  return `${resource.name}@${version}`;
}

function encodeToken({ version, after }: Token): string {
  return Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', rv: version, start: after })).toString('base64url');
}

function decodeToken(text: string): Token {
  try {
    const { rv, start } = JSON.parse(Buffer.from(text, 'base64url').toString()) as { rv?: unknown; start?: unknown };
    if (Number.isSafeInteger(rv) && typeof start === 'string') return { version: rv as number, after: start };
  } catch {
    // Not a token: told below.
  }
  throw badRequest('continue key is not valid: the demo cluster did not issue it');
}
