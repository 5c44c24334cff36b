/** The clusters in the log, their streams and how far each is proven. */
import { streamName } from '../../domain/resources.ts';
import { formatTime } from '../../domain/time.ts';
import type { EventReader, StoredEvent } from '../../store/event-store.ts';
import type { ClustersAnswer } from '../answers.ts';
import { gapsBetween, knownSpans, latestKnownInstant } from '../gaps.ts';
import { horizonOf, knownScopes, streamsOf, viewLog } from '../log-view.ts';
import { primarySource, RESOURCE_OF_SOURCE } from '../sources.ts';
import { endReasonAnswer } from '../to-answer.ts';

export function clustersAnswer(reader: EventReader): ClustersAnswer {
  const view = viewLog(reader);
  const brief = ({ position, at }: StoredEvent) => ({ position, at: formatTime(at) });
  return {
    items: view.clusters.map(({ id, name, uid }) => {
      const extent = reader.extent(id);
      const horizon = horizonOf(view, id);
      const scopes = (resource: Parameters<typeof knownScopes>[2]) => knownScopes(view, id, resource);
      const told = primarySource(scopes('v1/endpoints'), scopes('discovery.k8s.io/v1/endpointslices'));
      // The same streams as behind the list of Services, so that the instant is the one it defaults to.
      const provenUntil = latestKnownInstant([scopes('v1/services'), scopes(RESOURCE_OF_SOURCE[told])]);
      return {
        name,
        uid,
        ...(extent ? { firstEvent: brief(extent.first), lastEvent: brief(extent.last) } : {}),
        ...(horizon ? { horizon: { position: horizon.position, at: formatTime(horizon.at), reason: horizon.reason } } : {}),
        ...(provenUntil !== undefined ? { provenUntil: formatTime(provenUntil) } : {}),
        streams: streamsOf(view, id).map(({ stream, spans }) => {
          const known = knownSpans(spans.map((span) => ({ ...span, stream: streamName(stream.key) })));
          const [first, last] = [known[0], known.at(-1)];
          return {
            stream: streamName(stream.key),
            resource: stream.key.resource,
            ...(stream.key.namespace !== undefined ? { namespace: stream.key.namespace } : {}),
            watching: last !== undefined && last.end === undefined,
            ...(first && first.from <= first.to ? { recordedFrom: formatTime(first.from) } : {}),
            ...(last ? { provenUntil: formatTime(last.to) } : {}),
            gaps: gapsBetween(known).length,
            ...(last?.end ? { end: endReasonAnswer(last.end) } : {}),
          };
        }),
      };
    }),
  };
}
