/** Errors about what a server (or a trace) sent. Messages may be logged: they quote names, never content. */

export type UndecodableProblem =
  /** Not JSON, or cut off. */
  | 'not-json'
  /** A web page: a proxy or a login screen answered instead of the API server. */
  | 'html'
  /** A Table (`kubectl get`'s own format), in which objects are rows. */
  | 'table'
  /** JSON, but not a watch event, a list or an object of the asked-for kind. */
  | 'unexpected'
  /** A watch event of a type that is not known: skipping it could lose a change. */
  | 'unknown-type'
  /** An object or bookmark without a resourceVersion: nothing could resume after it. */
  | 'no-version'
  /** An object without a name, namespace or uid. */
  | 'no-identity';

/**
 * Something received could not be understood in full. A watch that meets one must stop without moving its cursor:
 * going on would skip a change, and a skipped change is a wrong answer later.
 */
export class UndecodableError extends Error {
  override name = 'UndecodableError';
  readonly problem: UndecodableProblem;

  constructor(problem: UndecodableProblem, message: string) {
    super(message);
    this.problem = problem;
  }
}

/** An object lacks what every Kubernetes object has, or is of another kind than asked for. */
export class MalformedObjectError extends UndecodableError {
  override name = 'MalformedObjectError';
}

/** Tells a web page and a cut-off text apart from other non-JSON. `start` is the beginning of what was received. */
export function notJson(start: string, what: string): UndecodableError {
  return /^\s*<(?:!doctype|html|\?xml|head|body)/i.test(start)
    ? new UndecodableError(
        'html',
        `${what} is a web page, not JSON: is a proxy or a login screen between here and the API server?`,
      )
    : new UndecodableError('not-json', `${what} is not JSON`);
}
