/** Asking the server. Addresses are relative to the page, so that it works behind any prefix. */
import type { Problem } from '../../../src/http/contract.ts';

export type Query = Record<string, string | number | undefined>;

/** The server answered with a problem document, or could not be reached. `message` is for people; all parts are untrusted text. */
export class ApiError extends Error {
  override name = 'ApiError';
  /** HTTP status; 0 when no answer came. */
  readonly status: number;
  readonly parameter: string | undefined;
  readonly requestId: string | undefined;

  constructor(status: number, message: string, parameter?: string, requestId?: string) {
    super(message);
    this.status = status;
    this.parameter = parameter;
    this.requestId = requestId;
  }
}

export function address(path: string, query: Query = {}): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined && value !== '') search.set(name, String(value));
  const text = search.toString();
  return `api/v1/${path}${text ? `?${text}` : ''}`;
}

/** Path of a Service's own routes. */
export const servicePath = (namespace: string, name: string): string =>
  `namespaces/${encodeURIComponent(namespace)}/services/${encodeURIComponent(name)}`;

/** @throws ApiError; an aborted request throws what `fetch` throws. */
export async function getJson<T>(url: string, signal: AbortSignal): Promise<T> {
  let response: Response;
  try {
    response = await fetch(url, { signal, headers: { accept: 'application/json' } });
  } catch (error) {
    if (signal.aborted) throw error;
    throw new ApiError(0, 'The recorder could not be reached.');
  }
  if (response.ok) {
    try {
      return (await response.json()) as T;
    } catch (error) {
      if (signal.aborted) throw error;
      throw new ApiError(response.status, 'The answer broke off or was not JSON.');
    }
  }
  const problem = await problemOf(response);
  const requestId = problem.requestId ?? response.headers.get('x-request-id') ?? undefined;
  const message = [problem.title ?? `HTTP ${response.status}`, problem.detail].filter(Boolean).join(': ');
  throw new ApiError(response.status, message, problem.parameter, requestId);
}

async function problemOf(response: Response): Promise<Partial<Problem>> {
  try {
    const body: unknown = await response.json();
    return typeof body === 'object' && body !== null ? (body as Partial<Problem>) : {};
  } catch {
    return {};
  }
}
