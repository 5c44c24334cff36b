/** What changed in a Service's address list between two instants. */
import { type BackendList, NO_BACKENDS, type Source } from '../../domain/backends.ts';
import { type EpochMs, formatTime } from '../../domain/time.ts';
import type { EventReader } from '../../store/event-store.ts';
import { sortBackends } from '../address-order.ts';
import type { DiffAnswer } from '../answers.ts';
import { coverageAt } from '../gaps.ts';
import { type DiffQuestion, InvalidQuestionError } from '../history.ts';
import { type LogView, viewLog } from '../log-view.ts';
import { resolveService, type SeenService } from '../resolve.ts';
import { knownOfSource, listedAt, sourceOfServiceAt } from '../sources.ts';
import { backendAnswer, gapAnswer } from '../to-answer.ts';

/** Both ends are told by one source: Endpoints where the Service had them at either, else slices. */
export function diffAnswer(reader: EventReader, question: DiffQuestion): DiffAnswer {
  if (question.from > question.to) {
    throw new InvalidQuestionError('from', `from ${formatTime(question.from)} is after to ${formatTime(question.to)}`);
  }
  const view = viewLog(reader, question.asOf);
  const service = resolveService(view, question);
  const sources = [question.to, question.from].map((at) => sourceOfServiceAt(view, service, at));
  const source = question.source ?? (sources.includes('endpoints') ? 'endpoints' : 'endpointslices');
  const from = sideOf(view, service, source, question.from);
  const to = sideOf(view, service, source, question.to);

  const sorted = (list: BackendList) => sortBackends([...list.values()], ({ backend }) => backend);
  const added = sorted(to.list).filter(({ key }) => !from.list.has(key));
  const removed = sorted(from.list).filter(({ key }) => !to.list.has(key));
  const flipped = sorted(to.list).flatMap(({ key, backend, state }) => {
    const before = from.list.get(key)?.state;
    return before !== undefined && before !== state ? [{ backend: backendAnswer(backend), from: before, to: state }] : [];
  });
  return {
    service: { cluster: service.cluster.name, namespace: service.namespace, name: service.name },
    source,
    asOf: view.asOf,
    from: from.answer,
    to: to.answer,
    added: added.map(({ backend, state }) => ({ backend: backendAnswer(backend), state })),
    removed: removed.map(({ backend, state }) => ({ backend: backendAnswer(backend), state })),
    flipped,
    unchanged: to.list.size - added.length - flipped.length,
  };
}

function sideOf(view: LogView, service: SeenService, source: Source, at: EpochMs) {
  const { status, gap } = coverageAt(knownOfSource(view, service.cluster.id, source, service.namespace), at);
  const { list, position } =
    status === 'before-recording' ? { list: NO_BACKENDS, position: 0 } : listedAt(view, service, source, at);
  return { list, answer: { at: formatTime(at), coverage: status, ...(gap ? { gap: gapAnswer(gap) } : {}), position } };
}
