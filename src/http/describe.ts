/** Pieces of route descriptions that most routes share. What they say ends up in /openapi.json. */
import type { ZodType } from 'zod';
import { Problem } from './contract.ts';
import { PROBLEM_JSON } from './problems.ts';

/** An answer as JSON, with an example of it. */
export const json = <Schema extends ZodType>(description: string, schema: Schema, example: unknown) => ({
  description,
  content: { 'application/json': { schema, example } },
});

const problemDocument = (description: string, example: Problem) => ({
  description,
  content: { [PROBLEM_JSON]: { schema: Problem, example } } as {
    [PROBLEM_JSON]: { schema: typeof Problem; example: Problem };
  },
});

const requestId = '5e2f7c1a-6f0e-4a39-9a6e-2f0f2d8c1b7a';

/** Answers of every route that has parameters. */
export const invalid = {
  400: problemDocument('A parameter that is not known or not understood; `parameter` names it', {
    type: 'about:blank',
    title: 'Bad Request',
    status: 400,
    detail: '"limit" is not a whole number from 1 to 1000',
    parameter: 'limit',
    requestId,
  }),
};

/** Answers of every route that asks for something by name. */
export const unknown = {
  404: problemDocument('The log knows nothing of that name', {
    type: 'about:blank',
    title: 'Not Found',
    status: 404,
    detail: 'no Service store/wep was ever seen',
    requestId,
  }),
  410: problemDocument('What is asked for was in the log, and was shed', {
    type: 'about:blank',
    title: 'Gone',
    status: 410,
    detail:
      'the log as of position 4711 is not known any more: history before 2026-11-23T16:00:00.000Z was shed (retain: it was older than is to be kept)',
    requestId,
  }),
};

export const TAGS = {
  history: { name: 'history', description: 'What was, at any moment that was recorded' },
  log: { name: 'log', description: 'The log itself, and what it can vouch for' },
  operation: { name: 'operation', description: 'Probes, metrics, and the description of all this' },
} as const;
