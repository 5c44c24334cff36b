/** Clusters by name, for answers that history does not narrow down itself. */
import type { ClustersAnswer } from '../history/answers.ts';
import { type History, NotFoundError } from '../history/history.ts';

/** The cluster with this name. @throws NotFoundError for a name that no recorded cluster has */
export function ofCluster(items: ClustersAnswer['items'], name: string): ClustersAnswer['items'] {
  const found = items.filter((cluster) => cluster.name === name);
  if (found.length === 0) throw new NotFoundError(`no cluster ${JSON.stringify(name)} is in the log`);
  return found;
}

/** @throws NotFoundError for a name that no recorded cluster has; `undefined` is all clusters */
export async function requireCluster(history: Pick<History, 'clusters'>, name: string | undefined): Promise<void> {
  if (name !== undefined) ofCluster((await history.clusters()).items, name);
}
