/**
 * Query and path parameters: how they are written, what is said when they are not understood, and how they become
 * questions. A parameter that is not known is refused, because a misspelled `from` must not silently ask for everything.
 */
import { z } from 'zod';
import { type EpochMs, InvalidTimeError, parseDuration, parseTime } from '../domain/time.ts';
import { InvalidQuestionError } from '../history/history.ts';
import { Source } from './contract.ts';

/** The present instant: what `now-15m` counts from. */
export type Clock = () => EpochMs;

const TIME_FORMS = 'RFC 3339 with any offset, epoch milliseconds, or relative (`now`, `now-15m`, `now-1h`; units ms s m h d w)';

const time = (description: string, example: string) =>
  z
    .string({ error: 'is missing' })
    .max(64, { error: 'is too long for a time' })
    .meta({ description: `${description}. ${TIME_FORMS}.`, examples: [example] });

/** A name or a part of one. Empty is refused: it would look like a filter and filter nothing. */
const text = (description: string, example: string) =>
  z
    .string()
    .min(1, { error: 'is empty: give a value or leave the parameter out' })
    .max(512, { error: 'is longer than 512 characters' })
    .meta({ description, examples: [example] });

const wholeNumber = (options: { min: number; max: number; description: string; example: number; default?: number }) => {
  const { min, max, description, example } = options;
  const range = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`;
  return z
    .string()
    .regex(/^\d{1,16}$/, { error: `is not a whole number ${range}` })
    .transform(Number)
    .refine((value) => value >= min && value <= max, { error: `is not a whole number ${range}` })
    .meta({
      description,
      examples: [example],
      type: 'integer',
      minimum: min,
      ...(max === Number.MAX_SAFE_INTEGER ? {} : { maximum: max }),
      ...(options.default === undefined ? {} : { default: options.default }),
    });
};

const position = (description: string, example: number) =>
  wholeNumber({ min: 0, max: Number.MAX_SAFE_INTEGER, description, example });

/**
 * Every parameter that more than one route knows, each to be picked by name.
 * Examples stand in `examples`: tools fill forms with an `example`, and a form full of optional filters finds nothing.
 */
export const parameters = {
  cluster: text(
    'Name of the cluster. Needed only where several clusters were recorded and know the Service asked for',
    'demo',
  ).optional(),
  asof: position('Position as of which the log is read, so that the answer stays the same while the log grows', 637).optional(),
  at: time(
    'The instant asked about. Left out: the latest instant up to which the streams behind the answer are proven complete',
    '2026-11-23T16:20:00Z',
  ).optional(),
  from: time('Begin of the window, inclusive. Left out: the begin of the recording', '2026-11-23T16:18:00Z').optional(),
  to: time('End of the window, exclusive. Left out: the present end of the recording', '2026-11-23T16:30:00Z').optional(),
  source: Source.meta({
    description: 'Which address list to tell from. Left out: `endpoints` where the Service has such an object, else slices',
    examples: ['endpoints'],
  }).optional(),
  limit: (fallback: number, max = 1000) =>
    wholeNumber({ min: 1, max, description: 'At most so many items', example: fallback, default: fallback }).optional(),
  cursor: text('`nextCursor` of the page before', 'eyJwIjo0Mn0').optional(),
  namespace: text('Only this namespace', 'store').optional(),
  service: text('Only Services with this name', 'web').optional(),
  pod: text('Only backends of the Pod with this name', 'web-6d4b9c7d9-x2x7k').optional(),
  node: text('Only backends on this node', 'node-3').optional(),
  cause: text('Only flips with this cause', 'ReadinessProbeFailed').optional(),
  q: z
    .string()
    .max(512, { error: 'is longer than 512 characters' })
    .meta({ description: 'Part of `namespace/name`', examples: ['web'] })
    .optional(),
  causes: z
    .enum(['true', 'false'], { error: 'is neither true nor false' })
    .transform((text) => text === 'true')
    .meta({
      description: '`false`: last flips come without their causes, which are not looked for then. A long list comes sooner so',
      examples: [false],
      type: 'boolean',
      default: true,
    })
    .optional(),
  px: wholeNumber({
    min: 1,
    max: 20_000,
    description: 'Width of the drawing in pixels: the answer is never finer than it needs. Left out: every change is told',
    example: 1200,
  }).optional(),
  lanes: wholeNumber({
    min: 1,
    max: 1_000,
    description: 'At most so many lanes, the longest not ready first. Only with `px`',
    example: 60,
    default: 60,
  }).optional(),
  lanesAfter: wholeNumber({
    min: 0,
    max: 1_000_000,
    description: 'Leave out so many of the first lanes; give `from`, `to` and `asof` as answered. Only with `px`',
    example: 60,
    default: 0,
  }).optional(),
  lane: text('Id of a lane that is to be among them wherever it stands. Only with `px`', '10.100.4.202 uid').optional(),
  steady: z
    .enum(['count', 'list'])
    .meta({
      description:
        'Lanes that did not change, where there are more than `lanes` in all: counted by state, or listed after the others. Only with `px`',
      examples: ['count'],
      default: 'count',
    })
    .optional(),
  longerThan: z
    .string()
    .refine((text) => parseDuration(text) !== undefined, { error: 'is not a duration: write 500ms, 5s, 1m or 1h30m' })
    .transform((text) => parseDuration(text) ?? 0)
    .meta({
      description: 'Only what lasted longer than this: a duration such as `500ms`, `5s`, `1m`, `1h30m`; `0` for all',
      examples: ['5s'],
      type: 'string',
      default: '3s',
    })
    .optional(),
  after: position('Only events with a greater position', 0),
};

/** Path parameters of everything that stands in a namespace. */
export const inNamespace = (of: string, example: string) =>
  z.object({
    ns: text('Namespace', 'store'),
    name: text(`Name of the ${of}`, example),
  });

/** The query of a route: exactly these parameters. */
export function query<Shape extends z.ZodRawShape>(shape: Shape) {
  const known = Object.keys(shape).join(', ');
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? `is not a parameter of this route${known === '' ? ', which has none' : `; there are: ${known}`}`
        : undefined,
  });
}

/**
 * Reads a time parameter. An unescaped `+` of an offset arrives as a space (form encoding), which no other form of a
 * time has in that place; it is read as the `+` that was meant.
 *
 * @throws InvalidQuestionError naming the parameter
 */
export function readTime(parameter: string, text: string, now: EpochMs): EpochMs {
  const meant = text.replace(/(?<=:\d{2}(?:\.\d+)?) (?=\d{2}:\d{2}$)/, '+').replace(/^now (?=\d)/, 'now+');
  try {
    return parseTime(meant, now);
  } catch (error) {
    if (error instanceof InvalidTimeError) throw new InvalidQuestionError(parameter, error.message);
    throw error;
  }
}

/** `at` of a question. @throws InvalidQuestionError */
export function readAt(from: { at?: string | undefined }, clock: Clock): { at?: EpochMs } {
  return from.at === undefined ? {} : { at: readTime('at', from.at, clock()) };
}

/**
 * `from` and `to` of a question, both relative to one and the same now.
 *
 * @throws InvalidQuestionError naming `from` when it lies after `to`
 */
export function readWindow(window: { from: string; to: string }, clock: Clock): { from: EpochMs; to: EpochMs };
export function readWindow(
  window: { from?: string | undefined; to?: string | undefined },
  clock: Clock,
): { from?: EpochMs; to?: EpochMs };
export function readWindow(
  window: { from?: string | undefined; to?: string | undefined },
  clock: Clock,
): { from?: EpochMs; to?: EpochMs } {
  const now = clock();
  const from = window.from === undefined ? undefined : readTime('from', window.from, now);
  const to = window.to === undefined ? undefined : readTime('to', window.to, now);
  if (from !== undefined && to !== undefined && from > to) {
    throw new InvalidQuestionError('from', `${JSON.stringify(window.from)} lies after \`to\`, ${JSON.stringify(window.to)}`);
  }
  return { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
}

/** `cluster` and `asOf` of a question. */
export function readScope(scope: { cluster?: string | undefined; asof?: number | undefined }): {
  cluster?: string;
  asOf?: number;
} {
  return {
    ...(scope.cluster === undefined ? {} : { cluster: scope.cluster }),
    ...(scope.asof === undefined ? {} : { asOf: scope.asof }),
  };
}
