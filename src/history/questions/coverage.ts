/** The ledger: which streams were watched when, and why not when they were not. */
import { RESOURCES, streamName } from '../../domain/resources.ts';
import { formatTime } from '../../domain/time.ts';
import type { EventReader } from '../../store/event-store.ts';
import type { CoverageAnswer } from '../answers.ts';
import { gapsWithin, knownSpans, lastedToTheEnd } from '../gaps.ts';
import type { InCluster, InWindow } from '../history.ts';
import { streamsOf, viewLog } from '../log-view.ts';
import { resolveClusters, resolveWindow } from '../resolve.ts';
import { endReasonAnswer, gapAnswer } from '../to-answer.ts';

const ALL = RESOURCES.map(({ name }) => name);

/** Each stream by itself: its spans that touch the window, whole, and its gaps. The time before its first span is no gap. */
export function coverageAnswer(reader: EventReader, question: InCluster & InWindow): CoverageAnswer {
  const view = viewLog(reader, question.asOf);
  const clusters = resolveClusters(view, question.cluster);
  const { from, to } = resolveWindow(view, question, clusters, ALL);
  return {
    from: formatTime(from),
    to: formatTime(to),
    asOf: view.asOf,
    items: clusters.flatMap((cluster) =>
      streamsOf(view, cluster.id).map(({ stream, spans }) => {
        const { resource, namespace } = stream.key;
        const name = streamName(stream.key);
        const known = knownSpans(spans.map((span) => ({ ...span, stream: name })));
        return {
          cluster: cluster.name,
          stream: name,
          resource,
          ...(namespace !== undefined ? { namespace } : {}),
          spans: spans
            .filter((span) => span.from < to && span.provenAt >= Math.max(from, span.from))
            .map((span) => ({
              from: formatTime(span.from),
              provenUntil: formatTime(span.provenAt),
              ...(span.end ? { end: endReasonAnswer(span.end) } : {}),
            })),
          // Nobody asked beyond the end of a stream that is still watched, or was until the recording itself ended.
          gaps: gapsWithin(known, from, to)
            .filter((gap) => gap.to !== undefined || question.to !== undefined || !lastedToTheEnd(known.at(-1)))
            .map(gapAnswer),
        };
      }),
    ),
  };
}
