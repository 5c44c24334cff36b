/** Errors as RFC 9457 problem documents. They name what the caller can mend, and never show a stack or a message from inside. */
import { STATUS_CODES } from 'node:http';
import type { Context, ErrorHandler, NotFoundHandler } from 'hono';
import { HTTPException } from 'hono/http-exception';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { ZodError } from 'zod';
import type { Log } from '../domain/log.ts';
import { HistoryShedError, InvalidQuestionError, NotFoundError } from '../history/history.ts';
import type { Problem } from './contract.ts';
import type { HttpEnv } from './environment.ts';

export const PROBLEM_JSON = 'application/problem+json';

/** Answers with a problem document that carries the request's id. */
export function problem(
  c: Context<HttpEnv>,
  status: ContentfulStatusCode,
  detail: string,
  more: { parameter?: string; headers?: Record<string, string> } = {},
): Response {
  const body: Problem = {
    type: 'about:blank',
    title: STATUS_CODES[status] ?? 'Error',
    status,
    detail,
    ...(more.parameter === undefined ? {} : { parameter: more.parameter }),
    ...(c.var.requestId === undefined ? {} : { requestId: c.var.requestId }),
  };
  return c.body(JSON.stringify(body), status, { 'Content-Type': PROBLEM_JSON, 'Cache-Control': 'no-store', ...more.headers });
}

/** What became of the route's parameters: everything that did not fit is told, and the first one is named. */
export function invalidParameters(c: Context<HttpEnv>, error: ZodError): Response {
  const faults = error.issues.flatMap((issue) => {
    const names = issue.code === 'unrecognized_keys' ? issue.keys : [String(issue.path[0] ?? '')];
    return names.map((name) => ({ name, message: issue.message }));
  });
  const detail = faults.map(({ name, message }) => `${JSON.stringify(cut(name))} ${message}`).join('; ');
  const [first] = faults;
  return problem(c, 400, cut(detail, 2000), first ? { parameter: cut(first.name) } : {});
}

export function onError(log: Pick<Log, 'error'>): ErrorHandler<HttpEnv> {
  return (error, c) => {
    if (error instanceof NotFoundError) return problem(c, 404, error.message);
    if (error instanceof HistoryShedError) return problem(c, 410, error.message);
    if (error instanceof InvalidQuestionError) return problem(c, 400, error.message, { parameter: error.parameter });
    if (error instanceof HTTPException && error.status < 500) return problem(c, error.status as 400, error.message);
    log.error({ err: error, requestId: c.var.requestId, path: c.req.path }, 'a request failed');
    return problem(c, 500, 'The answer could not be made. The log of the server tells more under this request id.');
  };
}

export const onUnknownRoute: NotFoundHandler<HttpEnv> = (c) =>
  problem(c, 404, `There is nothing at ${cut(c.req.path)}; /openapi.json lists what there is.`);

const cut = (text: string, length = 200) => (text.length > length ? `${text.slice(0, length)}…` : text);
