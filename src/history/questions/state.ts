/** Which backends a Service had at one instant. */
import { NO_BACKENDS } from '../../domain/backends.ts';
import { formatTime } from '../../domain/time.ts';
import type { EventReader } from '../../store/event-store.ts';
import { sortBackends } from '../address-order.ts';
import type { StateAnswer } from '../answers.ts';
import { coverageAt } from '../gaps.ts';
import type { StateQuestion } from '../history.ts';
import { viewLog } from '../log-view.ts';
import { latestInstant, resolveService } from '../resolve.ts';
import { knownOfSource, listedAt, RESOURCE_OF_SOURCE, sourceOfService, sourceOfServiceAt } from '../sources.ts';
import { backendAnswer, gapAnswer } from '../to-answer.ts';

export function stateAnswer(reader: EventReader, question: StateQuestion): StateAnswer {
  const view = viewLog(reader, question.asOf);
  const service = resolveService(view, question);
  const { cluster, namespace, name } = service;
  const told = question.source ?? sourceOfService(view, service);
  const at = question.at ?? latestInstant(view, [cluster], [RESOURCE_OF_SOURCE[told]], namespace);
  const source = question.source ?? sourceOfServiceAt(view, service, at);
  const { status, gap } = coverageAt(knownOfSource(view, cluster.id, source, namespace), at);
  // What stands in the log from before the first complete state is not known to be all.
  const { list, truncated, position } =
    status === 'before-recording' ? { list: NO_BACKENDS, truncated: false, position: 0 } : listedAt(view, service, source, at);
  const listed = sortBackends([...list.values()], ({ backend }) => backend);
  return {
    service: { cluster: cluster.name, namespace, name },
    at: formatTime(at),
    position,
    asOf: view.asOf,
    source,
    coverage: status,
    ...(gap ? { gap: gapAnswer(gap) } : {}),
    ...(gap?.from !== undefined ? { lastKnownAt: formatTime(gap.from) } : {}),
    truncated,
    ready: listed.filter(({ state }) => state === 'ready').map(({ backend }) => backendAnswer(backend)),
    notReady: listed.filter(({ state }) => state === 'notReady').map(({ backend }) => backendAnswer(backend)),
    terminating: listed.flatMap(({ backend, state }) =>
      state === 'serving' || state === 'terminating' ? { ...backendAnswer(backend), state } : [],
    ),
  };
}
