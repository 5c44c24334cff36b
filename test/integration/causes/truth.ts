/** What was done to the cluster of a trace, and which flips must be told with it as their cause. */
import { readFileSync } from 'node:fs';
import type { FlipAnswer } from '../../../src/history/answers.ts';

interface Action {
  readonly at: string;
  readonly ns: string;
  readonly action: string;
  /** A Service (or the Deployment of the same name), a Pod, or a node. */
  readonly target: string;
  readonly expect: { readonly flip?: string; readonly cause?: string; readonly detail?: string };
}

/** A flip whose true cause is written down. */
export interface Expected {
  readonly action: Action;
  readonly flip: FlipAnswer;
  readonly isTold: boolean;
  /** Told for certain, and wrong. */
  readonly isMisled: boolean;
}

export function readTruth(file: URL): Action[] {
  return readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Action);
}

const GOING = new Set(['absent', 'serving', 'terminating']);
const COMES = (flip: FlipAnswer) => flip.from === 'absent';
const GOES = (flip: FlipAnswer) => GOING.has(flip.to);

/** Where the truth names no flip: which of those of the Service the cause is one of. */
const CONCERNS: Readonly<Record<string, (flip: FlipAnswer) => boolean>> = {
  // New Pods that become ready do so for a reason of their own.
  Rollout: (flip) => COMES(flip) || GOES(flip),
  ScaledUp: COMES,
  ScaledDown: GOES,
};

/** Each action concerns what flipped from then until the next action. */
export function compare(truth: readonly Action[], flips: readonly FlipAnswer[]): Expected[] {
  return truth.flatMap((action, index) => {
    const { cause, detail } = action.expect;
    if (cause === undefined) return [];
    const until = truth[index + 1]?.at ?? '9';
    return flips
      .filter((flip) => flip.at >= action.at && flip.at < until && flip.namespace === action.ns && concerns(action, flip))
      .map((flip) => {
        const words = detail?.split(' ') ?? [];
        const isTold = flip.cause === cause && words.every((word) => flip.detail?.includes(word));
        return { action, flip, isTold, isMisled: flip.cause !== cause && flip.confidence === 'observed' };
      });
  });
}

function concerns({ target, expect }: Action, flip: FlipAnswer): boolean {
  if (![flip.service, flip.pod?.name, flip.node].includes(target)) return false;
  if (expect.flip === undefined) return CONCERNS[expect.cause ?? '']?.(flip) ?? true;
  const [from, to] = expect.flip.split('>');
  // Slices list a Pod that goes for a while as terminating.
  return to === 'absent' ? flip.from !== 'absent' && GOES(flip) : flip.from === from && flip.to === to;
}
