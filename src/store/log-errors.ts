/** What can be wrong with a log. Messages are for people. */

/** The log's content does not match its checksums or refers to what is not there. */
export class CorruptLogError extends Error {
  override name = 'CorruptLogError';
}

/** The file cannot be used as a log: not a database, from a newer version, not readable. `message` is for people. */
export class LogUnusableError extends Error {
  override name = 'LogUnusableError';
}

/** A write did not happen and nothing of it is in the log: a full or failing disk, a lock. It may work later. `message` is for people. */
export class LogUnwritableError extends Error {
  override name = 'LogUnwritableError';
}

/** Another process writes this log. */
export class LogBusyError extends Error {
  override name = 'LogBusyError';
}

/** The log holds another cluster under the name that a cluster was to get. */
export class ClusterNameTakenError extends Error {
  override name = 'ClusterNameTakenError';
  constructor(cluster: string) {
    super(
      `the log already holds another cluster named ${JSON.stringify(cluster)}: give this one a name of its own with --cluster`,
    );
  }
}
