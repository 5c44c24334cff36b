/**
 * Holds the public contract (zod) and the answers of history together, in both directions: a field that only one side
 * knows, or that is optional on one side only, does not compile. No test runs this file; the type checker reads it.
 */
import type { z } from 'zod';
import type * as answers from '../../../src/history/answers.ts';
import type * as contract from '../../../src/http/contract.ts';
import type * as incident from '../../../src/http/contract-incident.ts';
import type * as services from '../../../src/http/contract-services.ts';

/** The same shape written out anew, so that only the shape counts and not how the type was made. */
type Plain<T> = T extends readonly (infer Item)[]
  ? Plain<Item>[]
  : T extends object
    ? { [Key in keyof T]: Plain<Exclude<T[Key], undefined>> }
    : T;

type Same<A, B> =
  (<T>() => T extends Plain<A> ? 1 : 2) extends <T>() => T extends Plain<B> ? 1 : 2 ? true : { here: Plain<A>; there: Plain<B> };

type Contract<Schema extends z.ZodType> = z.infer<Schema>;

export const agreed: [
  Same<answers.GapAnswer, Contract<typeof contract.Gap>>,
  Same<answers.ServiceNameAnswer, Contract<typeof contract.ServiceName>>,
  Same<answers.BackendAnswer, Contract<typeof contract.Backend>>,
  Same<answers.StateAnswer, Contract<typeof contract.StateAnswer>>,
  Same<answers.FlipAnswer, Contract<typeof contract.Flip>>,
  Same<answers.FlipsAnswer, Contract<typeof contract.FlipsAnswer>>,
  Same<answers.ServiceSummaryAnswer, Contract<typeof services.ServiceSummary>>,
  Same<answers.ServicesAnswer, Contract<typeof services.ServicesAnswer>>,
  Same<answers.StreamCoverageAnswer, Contract<typeof contract.StreamCoverage>>,
  Same<answers.CoverageAnswer, Contract<typeof contract.CoverageAnswer>>,
  Same<answers.ClustersAnswer, Contract<typeof contract.ClustersAnswer>>,
  Same<answers.SegmentAnswer, Contract<typeof contract.Segment>>,
  Same<answers.LaneAnswer, Contract<typeof contract.Lane>>,
  Same<answers.TimelineAnswer, Contract<typeof contract.TimelineAnswer>>,
  Same<answers.DiffAnswer, Contract<typeof contract.DiffAnswer>>,
  Same<answers.SummaryAnswer, Contract<typeof incident.SummaryAnswer>>,
  Same<answers.DisagreementsAnswer, Contract<typeof incident.DisagreementsAnswer>>,
  // The object travels as text inside and is spliced into the line as it is.
  Same<Omit<answers.LogEventAnswer, 'objectText'>, Omit<Contract<typeof contract.LogEvent>, 'object'>>,
  Same<answers.CoverageStatus, Contract<typeof contract.CoverageStatus>>,
  Same<answers.ServiceState, Contract<typeof services.ServiceState>>,
] = [true, true, true, true, true, true, true, true, true, true, true, true, true, true, true, true, true, true, true, true];

// The comparison itself can tell shapes apart: each of these must not be `true`.
type Differs<A, B> = Same<A, B> extends true ? never : 'differs';
export const differing: [
  Differs<{ a: string }, { a?: string }>,
  Differs<{ a: string }, { a: string; b?: number }>,
  Differs<{ a: { b: 'x' } }, { a: { b: 'x' | 'y' } }>,
  Differs<{ a: string[] }, { a: string }>,
] = ['differs', 'differs', 'differs', 'differs'];
