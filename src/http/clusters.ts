/** Clusters as they are asked for: by name, or by uid where names are not unique. */
import type { ClustersAnswer } from '../history/answers.ts';
import { type History, InvalidQuestionError, NotFoundError } from '../history/history.ts';

type Cluster = ClustersAnswer['items'][number];

/** @throws NotFoundError when the log has no such cluster; InvalidQuestionError when it has several of that name */
export function clusterNamed(items: readonly Cluster[], asked: string): Cluster {
  const byUid = items.find(({ uid }) => uid === asked);
  if (byUid) return byUid;
  const [found, ...others] = items.filter(({ name }) => name === asked);
  if (found === undefined) throw new NotFoundError(`the log has no cluster ${JSON.stringify(asked)}`);
  if (others.length > 0) {
    const uids = [found, ...others].map(({ uid }) => uid).join(', ');
    throw new InvalidQuestionError('cluster', `several clusters are called ${asked}: name one by its uid, ${uids}`);
  }
  return found;
}

/**
 * The name that the events of the cluster asked for carry, for answers that history does not narrow down itself.
 * `undefined`: all clusters.
 *
 * @throws NotFoundError, InvalidQuestionError also for a uid whose cluster shares its name with another
 */
export async function clusterNameAsked(
  history: Pick<History, 'clusters'>,
  asked: string | undefined,
): Promise<string | undefined> {
  if (asked === undefined) return undefined;
  const { items } = await history.clusters();
  const { name } = clusterNamed(items, asked);
  if (items.filter((cluster) => cluster.name === name).length > 1) {
    throw new InvalidQuestionError(
      'cluster',
      `several clusters are called ${name}: the events of one cannot be told from those of another`,
    );
  }
  return name;
}
