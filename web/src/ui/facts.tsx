/** What the range amounts to: the figures above the drawing, and the words where there is nothing to draw. */
import { formatDuration, formatSpan } from '../lib/duration.ts';
import { facts, type TimelineModel } from '../lib/timeline-model.ts';
import { neverText, spanText } from '../lib/words.ts';
import { zone } from '../state/location.ts';
import { setInstant } from './commands.ts';
import { Empty } from './feedback.tsx';
import { Instant } from './instant.tsx';

export function FactBar({ model: now }: { model: TimelineModel }) {
  const told = facts(now);
  const { range: window } = now;
  const firstZero = now.zero[0];
  return (
    <dl class="facts" id="facts">
      <div>
        <dt>Range</dt>
        <dd>
          {spanText(window.from, window.to, zone.value)} <small>{formatDuration(window.to - window.from)}</small>
        </dd>
      </div>
      <div>
        <dt>Zero ready</dt>
        <dd>
          {told.zeroWindows === 0 ? (
            neverText(told)
          ) : (
            <>
              {formatSpan(told.zeroMs, told.zeroIsLowerBound)}{' '}
              <small>
                in {told.zeroWindows} {told.zeroWindows === 1 ? 'window' : 'windows'}
                {firstZero && (
                  <>
                    , first{' '}
                    <button type="button" class="plainbutton" onClick={() => setInstant('at', firstZero.from)}>
                      <Instant at={firstZero.from} style="clock-ms" />
                    </button>
                  </>
                )}
              </small>
            </>
          )}
        </dd>
      </div>
      <div>
        <dt>Least ready</dt>
        <dd>
          {told.least ? (
            <>
              {told.least.ready} of {told.least.of}{' '}
              <small>
                at <Instant at={told.least.at} style="clock-ms" />
              </small>
            </>
          ) : told.unlistedMs > 0 ? (
            'none listed'
          ) : (
            'not known'
          )}
        </dd>
      </div>
      <div>
        <dt>Some not ready</dt>
        <dd>{told.notAllReadyMs === 0 ? neverText(told) : formatSpan(told.notAllReadyMs, told.unknownMs > 0)}</dd>
      </div>
      {told.unlistedMs > 0 && (
        <div>
          <dt>No address list</dt>
          <dd>
            {formatDuration(told.unlistedMs)}{' '}
            <small>no {now.answer.source === 'endpoints' ? 'Endpoints object' : 'EndpointSlice'}</small>
          </dd>
        </div>
      )}
      <div>
        <dt>No data</dt>
        <dd>
          {told.unknownMs === 0 ? (
            'none'
          ) : (
            <>
              {formatDuration(told.unknownMs)}{' '}
              <small>
                in {told.unknownSpans} {told.unknownSpans === 1 ? 'span' : 'spans'}
              </small>
            </>
          )}
        </dd>
      </div>
      <div>
        <dt>Flips</dt>
        <dd>{told.flips.toLocaleString('en')}</dd>
      </div>
    </dl>
  );
}

/** The different ways in which there may be nothing to see. */
export function Situation({ model: now }: { model: TimelineModel }) {
  const { answer, counts } = now;
  const { knownMs, unlistedMs, unknownMs } = facts(now);
  if (answer.laneCount === 0) {
    if (answer.coverage === 'before-recording' && knownMs === 0)
      return <Empty>Nothing was recorded yet in this range: the recording begins later.</Empty>;
    if (knownMs === 0) return <Empty>The recorder was blind in this whole range: nothing is known of it.</Empty>;
    if (unlistedMs === knownMs) {
      return (
        <Empty>
          There was no {answer.source === 'endpoints' ? 'Endpoints object' : 'EndpointSlice'} of this Service in this range.
        </Empty>
      );
    }
    return <Empty>No backends in this range: the address list was there, and empty.</Empty>;
  }
  const first = counts.find(({ ready }) => ready !== undefined);
  if (answer.flips === 0 && first) {
    const { ready = 0, notReady = 0 } = first;
    return (
      <p class="notice plain">
        No change in this range{unknownMs > 0 ? ' where recorded' : ''}: {ready} ready
        {notReady > 0 && `, ${notReady} not ready`} throughout.
      </p>
    );
  }
  return null;
}
