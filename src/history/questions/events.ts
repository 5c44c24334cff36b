/** The raw log, by position. */
import { type EventReader, position } from '../../store/event-store.ts';
import type { LogEventAnswer } from '../answers.ts';
import { afterOf, limitOf } from '../limits.ts';
import { eventAnswers } from '../to-answer.ts';

export function eventsAnswer(reader: EventReader, question: { after: number; limit?: number }): LogEventAnswer[] {
  const after = position(afterOf(question.after));
  return eventAnswers(reader, reader.events({ after, limit: limitOf(question.limit, 10_000, 1_000) }));
}
