/** The times and sizes of watching. The defaults are for production; tests make them short. */

export interface WatchSettings {
  /** Objects a page of a list. client-go's default pager size. */
  readonly pageSize: number;
  /**
   * Range of the random `timeoutSeconds` of a watch. client-go asks for 5 to 10 minutes (reflector.go, minWatchTimeout), so
   * that watches spread over the API servers of a cluster again after one of them restarted.
   */
  readonly watchTimeoutSeconds: Range;
  /** The same where the server has no watch cache (v1 Events): the clean end is the only heartbeat such a quiet watch has. */
  readonly heartbeatTimeoutSeconds: Range;
  /** A watch that the server does not end itself is ended this long after its `timeoutSeconds`. */
  readonly endGraceMs: number;
  /**
   * A watch with bookmarks (about one a minute) on which no whole line arrived for this long is dead: a half-open
   * connection, or a proxy that answers TCP keepalives for a server that is gone.
   */
  readonly inactivityMs: number;
  /** The head of a watch's answer must come within this. */
  readonly openWithinMs: number;
  /** A list page, a check or a probe must be answered in full within this. */
  readonly answerWithinMs: number;
  /** The end of the initial events must come within this of the opening; else the server does not know the parameter. */
  readonly markerWithinMs: number;
  /** How many streamed first states may be cut before their marker until the list is asked for in pages instead. */
  readonly streamingAttempts: number;
  /** A watch that ends cleanly within this, without an event, is a `very short watch` (reflector.go). */
  readonly quickEndMs: number;
  /** A clean end after at least this long is the usual timeout, and resumed at once; an earlier one backs off. */
  readonly steadyMs: number;
  /** How often a quiet stream asks the server for its version, to prove that it missed nothing. 0: never. */
  readonly probeEveryMs: number;
  /** Probes that wait for the watch to reach their version; more than this only replace the newest. At least 2. */
  readonly pendingProbes: number;
  /** A resumed watch that is silent counts as accepted after this: a 410 would have come at once. */
  readonly acceptedAfterMs: number;
  readonly backoff: BackoffSettings;
  /** After this long without proof that the stream goes on, the ledger says so. */
  readonly tellAfterMs: number;
  /** When to look again for a resource that is not served. */
  readonly notServedRetryMs: number;
  /** How many times in a row the server must say that the cursor lies in its future before a new epoch begins. */
  readonly tooLargeAttempts: number;
  /**
   * After a restart of the recorder the log is compared with the cluster as it was at the cursor, before the watch goes on
   * from there. The compare may hold the watch up for this long; then it is given up. Less than the 75 s of changes that an
   * API server's watch cache keeps at least (cacher.go, eventFreshDuration), or the compare itself would cost the resume.
   * It costs the server one list of each resource but v1 Events. 0: never compare.
   */
  readonly compareWithinMs: number;
  /** Longest line accepted from a watch. An object may have 1.5 MiB in etcd; JSON and managedFields may triple that. */
  readonly maxLineBytes: number;
}

export interface Range {
  readonly min: number;
  readonly max: number;
}

export interface BackoffSettings {
  readonly firstMs: number;
  readonly maxMs: number;
  /** A watch that lived this long ends a series of failures. */
  readonly healthyAfterMs: number;
  /** Longest `Retry-After` that is obeyed: the server is not trusted to silence the recorder for a day. */
  readonly maxRetryAfterMs: number;
}

export const DEFAULT_SETTINGS: WatchSettings = {
  pageSize: 500,
  watchTimeoutSeconds: { min: 300, max: 600 },
  heartbeatTimeoutSeconds: { min: 60, max: 120 },
  endGraceMs: 5_000,
  inactivityMs: 90_000,
  openWithinMs: 30_000,
  answerWithinMs: 60_000,
  markerWithinMs: 60_000,
  streamingAttempts: 3,
  quickEndMs: 1_000,
  steadyMs: 5_000,
  probeEveryMs: 10_000,
  pendingProbes: 32,
  acceptedAfterMs: 10_000,
  backoff: { firstMs: 800, maxMs: 30_000, healthyAfterMs: 120_000, maxRetryAfterMs: 300_000 },
  tellAfterMs: 60_000,
  notServedRetryMs: 60_000,
  tooLargeAttempts: 5,
  compareWithinMs: 30_000,
  maxLineBytes: 64 * 1024 * 1024,
};
