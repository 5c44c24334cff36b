/** What the API server says when it does not answer with an object: bodies of kind Status (meta/v1). */

export interface StatusBody {
  readonly kind: 'Status';
  readonly apiVersion: 'v1';
  readonly metadata: Record<string, never>;
  readonly status: 'Failure';
  readonly message: string;
  readonly reason: string;
  readonly details?: Record<string, unknown>;
  readonly code: number;
}

/** A request that is answered with a Status. */
export class ApiError extends Error {
  override name = 'ApiError';
  readonly status: StatusBody;

  constructor(code: number, reason: string, message: string, details?: Record<string, unknown>) {
    super(message);
    const more = details ? { details } : {};
    this.status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, ...more, code };
  }
}

export function badRequest(message: string): ApiError {
  return new ApiError(400, 'BadRequest', message);
}

/** For parameters that are well formed but do not go together. */
export function invalid(message: string): ApiError {
  return new ApiError(422, 'Invalid', message);
}

export function notFound(plural: string, name: string): ApiError {
  return new ApiError(404, 'NotFound', `${plural} "${name}" not found`, { name, kind: plural });
}

export function methodNotAllowed(): ApiError {
  return new ApiError(405, 'MethodNotAllowed', 'the demo cluster can only be read: the server does not allow this method');
}

export function internalError(error: unknown): ApiError {
  return new ApiError(500, 'InternalError', `Internal error occurred: ${error instanceof Error ? error.message : String(error)}`);
}

/** The versions after a watch's resourceVersion were forgotten. */
export function expired(message: string): ApiError {
  return new ApiError(410, 'Expired', message);
}

/** A resourceVersion that does not exist yet, asked for with `NotOlderThan`. */
export function tooLargeVersion(asked: string, current: number): ApiError {
  return new ApiError(504, 'Timeout', `Timeout: Too large resource version: ${asked}, current: ${current}`, {
    causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
    retryAfterSeconds: 1,
  });
}
