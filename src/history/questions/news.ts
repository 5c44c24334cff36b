/** What a live view has not seen yet. */
import { type EventReader, isLedgerEvent, type Position, position } from '../../store/event-store.ts';
import type { FlipAnswer, LogEventAnswer } from '../answers.ts';
import { explainFlips } from '../causes/causes.ts';
import { afterOf, limitOf } from '../limits.ts';
import { clusterNames, eventAnswers, flipAnswer } from '../to-answer.ts';

export interface News {
  /** Everything up to here is told. The next question's `after`. */
  readonly lastPosition: number;
  readonly flips: FlipAnswer[];
  readonly ledger: LogEventAnswer[];
}

/**
 * At most `limit` events are looked through. Where their flips are more than that too, the answer ends before the event that would be
 * cut; an event with still more flips comes whole all the same.
 */
export function newsAnswer(reader: EventReader, question: { after: number; limit?: number }): News {
  const limit = limitOf(question.limit, 10_000, 1_000);
  const after = position(afterOf(question.after));
  const events = reader.events({ after, limit });
  const end = events.at(-1)?.position;
  // After a position that the log does not have (another log's, or one cut off) the view starts again at the log's end.
  if (end === undefined) return { lastPosition: Math.min(after, reader.lastPosition()), flips: [], ledger: [] };
  const { flips, lastPosition } = wholeEvents(reader, after, end, limit);
  // What has come up to now, not only up to the last of these events: evidence may follow a flip.
  const explained = explainFlips({ reader, asOf: reader.lastPosition() }, flips);
  const nameOf = clusterNames(reader.clusters());
  const ledger = events.filter((event) => isLedgerEvent(event) && event.position <= lastPosition);
  return {
    lastPosition,
    flips: explained.map((each) => flipAnswer(each, nameOf(each.flip.service.clusterId))),
    ledger: eventAnswers(reader, ledger),
  };
}

function wholeEvents(reader: EventReader, after: Position, through: Position, limit: number) {
  for (let wanted = limit; ; wanted *= 2) {
    const flips = reader.flipsAfter({ after, through, limit: wanted });
    const cut = flips.length < wanted ? undefined : flips.at(-1)?.position;
    if (cut === undefined) return { flips, lastPosition: through };
    const whole = flips.filter((flip) => flip.position < cut);
    if (whole.length > 0) return { flips: whole, lastPosition: cut - 1 };
  }
}
