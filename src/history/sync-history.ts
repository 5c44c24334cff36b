/** Answers over one reader, in the asking thread, at once. {@link History} is the same with promises. */
import type { EventReader } from '../store/event-store.ts';
import type { History } from './history.ts';
import { clustersAnswer } from './questions/clusters.ts';
import { coverageAnswer } from './questions/coverage.ts';
import { diffAnswer } from './questions/diff.ts';
import { disagreementsAnswer } from './questions/disagreements.ts';
import { drawnTimelineAnswer } from './questions/drawn-timeline.ts';
import { eventsAnswer } from './questions/events.ts';
import { flipsAnswer } from './questions/flips.ts';
import { flipsTextAnswer } from './questions/flips-text.ts';
import { newsAnswer } from './questions/news.ts';
import { objectAnswer } from './questions/object.ts';
import { servicesAnswer } from './questions/services.ts';
import { stateAnswer } from './questions/state.ts';
import { summaryAnswer } from './questions/summary.ts';
import { timelineAnswer } from './questions/timeline.ts';

/** The questions of {@link History}. */
export type Question = Exclude<keyof History, 'close'>;

export type SyncHistory = {
  readonly [Name in Question]: (...args: Parameters<History[Name]>) => Awaited<ReturnType<History[Name]>>;
};

/** Each question is answered over one state of the log: nothing is appended to it, or shed of it, meanwhile. */
export function syncHistory(reader: EventReader): SyncHistory {
  return {
    clusters: () => reader.consistently(() => clustersAnswer(reader)),
    services: (question) => reader.consistently(() => servicesAnswer(reader, question)),
    state: (question) => reader.consistently(() => stateAnswer(reader, question)),
    object: (question) => reader.consistently(() => objectAnswer(reader, question)),
    flips: (question) => reader.consistently(() => flipsAnswer(reader, question)),
    flipsText: (question) => reader.consistently(() => flipsTextAnswer(reader, question)),
    timeline: (question) => reader.consistently(() => timelineAnswer(reader, question)),
    drawnTimeline: (question) => reader.consistently(() => drawnTimelineAnswer(reader, question)),
    diff: (question) => reader.consistently(() => diffAnswer(reader, question)),
    summary: (question) => reader.consistently(() => summaryAnswer(reader, question)),
    disagreements: (question) => reader.consistently(() => disagreementsAnswer(reader, question)),
    coverage: (question) => reader.consistently(() => coverageAnswer(reader, question)),
    events: (question) => reader.consistently(() => eventsAnswer(reader, question)),
    news: (question) => reader.consistently(() => newsAnswer(reader, question)),
    lastPosition: () => reader.lastPosition(),
  };
}

/** A {@link History} that hands every question to `ask`. */
export function historyOf(
  ask: <Name extends Question>(name: Name, args: Parameters<History[Name]>) => Promise<unknown>,
  close: () => Promise<void>,
): History {
  const question = <Name extends Question>(name: Name) =>
    ((...args: Parameters<History[Name]>) => ask(name, args)) as unknown as History[Name];
  return {
    clusters: question('clusters'),
    services: question('services'),
    state: question('state'),
    object: question('object'),
    flips: question('flips'),
    flipsText: question('flipsText'),
    timeline: question('timeline'),
    drawnTimeline: question('drawnTimeline'),
    diff: question('diff'),
    summary: question('summary'),
    disagreements: question('disagreements'),
    coverage: question('coverage'),
    events: question('events'),
    news: question('news'),
    lastPosition: question('lastPosition'),
    close,
  };
}
