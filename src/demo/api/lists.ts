/** Lists, whole or in pages, of the demo API server. */
import type { Resource } from '../../domain/resources.ts';
import { type ClusterState, itemJson, type StoredObject, VersionTooOldError } from '../cluster-state.ts';
import type { CollectionPath, ListQuery } from './request.ts';
import { badRequest, expired, tooLargeVersion } from './status.ts';

interface Token {
  readonly version: number;
  readonly after: string;
}

export class Lists {
  readonly #state: ClusterState;

  constructor(state: ClusterState) {
    this.#state = state;
  }

  /**
   * Answers one list request with the JSON of a List, or of a PartialObjectMetadataList.
   *
   * @throws ApiError 400 for a token that this server did not make, 410 for a version that was forgotten, also in a token,
   *   504 for a version from the future.
   */
  list(path: CollectionPath, query: ListQuery, form: 'objects' | 'metadata'): string {
    const { resource, namespace } = path;
    const token = query.continueToken === undefined ? undefined : decodeToken(query.continueToken);
    const version = token?.version ?? this.#checkedVersion(query);
    const all = this.#at(resource, version, token !== undefined);
    const within = namespace === undefined ? all : all.filter(({ object }) => object.metadata.namespace === namespace);
    const rest = token ? within.filter(({ key }) => key > token.after) : within;
    const page = query.limit > 0 ? rest.slice(0, query.limit) : rest;
    const more = rest.length - page.length;
    const metadata = {
      resourceVersion: String(version),
      ...(more > 0 ? { continue: encodeToken({ version, after: page.at(-1)?.key ?? '' }), remainingItemCount: more } : {}),
    };
    const items = page.map(form === 'objects' ? itemJson : ({ object: { metadata } }) => JSON.stringify({ metadata }));
    const [kind, apiVersion] =
      form === 'objects' ? [`${resource.kind}List`, resource.apiVersion] : ['PartialObjectMetadataList', 'meta.k8s.io/v1'];
    return `{"kind":"${kind}","apiVersion":"${apiVersion}","metadata":${JSON.stringify(metadata)},"items":[${items.join(',')}]}\n`;
  }

  /** The latest version is "not older" than any; `Exact` alone asks for another. */
  #checkedVersion({ resourceVersion, match }: ListQuery): number {
    const current = this.#state.version;
    if (resourceVersion === undefined) return current;
    if (BigInt(resourceVersion) > BigInt(current)) throw tooLargeVersion(resourceVersion, current);
    return match === 'Exact' ? Number(resourceVersion) : current;
  }

  #at(resource: Resource, version: number, isContinued: boolean): readonly StoredObject[] {
    try {
      return this.#state.listAt(resource.name, version);
    } catch (error) {
      if (!(error instanceof VersionTooOldError)) throw error;
      throw expired(
        isContinued
          ? 'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter.'
          : `The resourceVersion for the provided list is too old: ${version} (${error.oldest})`,
      );
    }
  }
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
