/** The oracle: an independent, slow and simple reading of a trace, and comparisons of the program's answers with it. */
export type { OracleBackend, OracleSource, OracleState } from './backends.ts';
export { compareBounds, compareFlips, compareFlipsCsv, type FlipSelection, parseCsv, selectFlips } from './compare-flips.ts';
export {
  compareObjects,
  compareServices,
  compareStates,
  type ObjectQuestion,
  type StateQuestion,
  stateDifferences,
} from './compare-states.ts';
export { foldTrace, type OracleAnswer, type OracleFlip, type OracleKind, type OracleVersion, type Truth } from './fold.ts';
export { type InstantOptions, instantsOf } from './instants.ts';
export { lagsByLines } from './lags.ts';
export { readTraceFile } from './trace.ts';
