/** Checks of the plain numbers in a question. */
import { InvalidQuestionError } from './history.ts';

/** @throws InvalidQuestionError naming `limit` unless it is a whole number from 1 to `most` */
export function limitOf(asked: number | undefined, most: number, usual: number): number {
  if (asked === undefined) return usual;
  if (!Number.isInteger(asked) || asked < 1 || asked > most) {
    throw new InvalidQuestionError('limit', `limit is ${asked}: it must be a whole number from 1 to ${most}`);
  }
  return asked;
}

/** @throws InvalidQuestionError naming `after` unless it is a position or 0 */
export function afterOf(asked: number): number {
  if (!Number.isSafeInteger(asked) || asked < 0) {
    throw new InvalidQuestionError('after', `after is ${asked}: it must be a position in the log, or 0 for its beginning`);
  }
  return asked;
}
