/** Causes of flips: what they are, the evidence that they are told by, and the telling. */
export * from './cause.ts';
export { editorsOf } from './editors.ts';
export * from './evidence.ts';
export { isKeptByHand } from './expected.ts';
export { explain } from './explain.ts';
export { type KubeEvent, noteOf, saidAt } from './notes.ts';
export type { Node, Pod, Workload } from './objects.ts';
