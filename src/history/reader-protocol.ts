/** What passes between {@link ThreadedHistory} and its reader threads. Plain data only: errors are written out and made again. */
import { CorruptLogError, LogBusyError, LogUnusableError } from '../store/event-store.ts';
import { HistoryShedError, InvalidQuestionError, NotFoundError } from './history.ts';
import type { Question } from './sync-history.ts';

export type ToThread = { readonly id: number; readonly question: Question; readonly args: readonly unknown[] } | 'close';

export type FromThread =
  /** The log is open; questions may come. */
  | { readonly ready: true }
  /** The log could not be opened; the thread ends. */
  | { readonly ready: false; readonly error: WrittenError }
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: WrittenError };

export interface WrittenError {
  readonly name: string;
  readonly message: string;
  readonly stack?: string;
  /** Of an {@link InvalidQuestionError}. */
  readonly parameter?: string;
}

const CLASSES = [NotFoundError, HistoryShedError, CorruptLogError, LogUnusableError, LogBusyError] as const;

export function writeError(error: unknown): WrittenError {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error) };
  const { name, message, stack } = error;
  return {
    name,
    message,
    ...(stack !== undefined ? { stack } : {}),
    ...(error instanceof InvalidQuestionError ? { parameter: error.parameter } : {}),
  };
}

/** The error as the class that was thrown, where that is one of the typed ones; its stack is the thread's. */
export function readError({ name, message, stack, parameter }: WrittenError): Error {
  const error =
    name === 'InvalidQuestionError' && parameter !== undefined
      ? new InvalidQuestionError(parameter, message)
      : typed(name, message);
  if (stack !== undefined) error.stack = stack;
  return error;
}

function typed(name: string, message: string): Error {
  const found = CLASSES.find((each) => each.name === name);
  if (found) return new found(message);
  const error = new Error(message);
  error.name = name;
  return error;
}
