/** The small integers that stand in the tables for words of the domain. Append only: a number once used keeps its meaning. */
import type { FlipState, Source } from '../../domain/backends.ts';
import type { LedgerType } from '../../domain/ledger.ts';
import type { ChangeType } from '../../domain/stream-batch.ts';
import type { Origin } from '../event-store.ts';

interface Codes<Word extends string> {
  code(word: Word): number;
  /** @throws RangeError for a number that no version of the program wrote. */
  word(code: number): Word;
}

function codes<Word extends string>(what: string, table: Record<Word, number>): Codes<Word> {
  const words = new Map(Object.entries<number>(table).map(([word, code]) => [code, word as Word]));
  return {
    code: (word) => table[word],
    word(code) {
      const word = words.get(code);
      if (word === undefined) throw new RangeError(`${code} is not a ${what}`);
      return word;
    },
  };
}

export const CHANGE = codes<ChangeType>('type of change', { ADDED: 1, MODIFIED: 2, DELETED: 3 });
export const LEDGER = codes<LedgerType>('ledger fact', {
  COVERAGE_BEGAN: 11,
  COVERAGE_ENDED: 12,
  COVERAGE_RESUMED: 13,
  CLOCK_STEPPED: 14,
  HISTORY_SHED: 15,
});
export const ORIGIN = codes<Origin | 'ledger'>('origin', { ledger: 0, watch: 1, snapshot: 2, relist: 3 });
export const SOURCE = codes<Source>('source', { endpoints: 0, endpointslices: 1 });
export const STATE = codes<FlipState>('state', { absent: 0, ready: 1, notReady: 2, serving: 3, terminating: 4 });
