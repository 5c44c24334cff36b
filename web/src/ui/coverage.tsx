/** The ledger: when each stream was proven complete, and when it was not. */
import type { CoverageAnswer } from '../../../src/http/contract.ts';
import { formatDuration, formatSpan } from '../lib/duration.ts';
import { spanText } from '../lib/words.ts';
import { zoneLabel } from '../lib/zone.ts';
import { coverage, manyClusters } from '../state/data.ts';
import { go, view, zone } from '../state/location.ts';
import { Empty, Failure, Loading } from './feedback.tsx';
import { Instant } from './instant.tsx';
import { shortTime, TimeField } from './time-field.tsx';

/** Cut off, so that only what is whole is told as 100. */
const percent = (share: number) => (share >= 1 ? '100' : (Math.floor(share * 10_000) / 100).toFixed(2));

type Stream = CoverageAnswer['items'][number];

export function Coverage() {
  const answer = coverage.data.value;
  const { from, to } = view.value;
  return (
    <main id="main">
      <div class="bar">
        <h1 class="title">Coverage</h1>
        <span class="grow" />
        <TimeField
          id="from"
          label="From"
          value={from}
          placeholder={answer ? shortTime(answer.from) : 'start'}
          onChange={(value) => go({ from: value })}
        />
        <TimeField
          id="to"
          label="to"
          value={to}
          placeholder={answer ? shortTime(answer.to) : 'present'}
          onChange={(value) => go({ to: value })}
        />
      </div>
      <Failure resource={coverage} what="Coverage" />
      <Loading resource={coverage} what="coverage" />
      {answer && (
        <div class={coverage.loading.value ? 'stale' : ''} aria-busy={coverage.loading.value}>
          <p class="dim">
            {spanText(Date.parse(answer.from), Date.parse(answer.to), zone.value)},{' '}
            {formatDuration(Date.parse(answer.to) - Date.parse(answer.from))}. In a gap nothing is known: any number of flips may
            have gone unseen.
          </p>
          {answer.items.length === 0 ? <Empty>No stream was recorded in this range.</Empty> : <Streams answer={answer} />}
          <Gaps answer={answer} />
        </div>
      )}
    </main>
  );
}

function Streams({ answer }: { answer: CoverageAnswer }) {
  return (
    <div class="table-scroll">
      <table id="streams">
        <thead>
          <tr>
            <th scope="col">Stream</th>
            <th scope="col">Namespace</th>
            <th scope="col">Proven complete in the range</th>
            <th scope="col" class="num">
              Proven
            </th>
            <th scope="col" class="num">
              Gaps
            </th>
            <th scope="col">Now</th>
          </tr>
        </thead>
        <tbody>
          {answer.items.map((stream) => (
            <StreamRow
              key={`${stream.cluster}/${stream.stream}/${stream.namespace ?? ''}`}
              stream={stream}
              from={Date.parse(answer.from)}
              to={Date.parse(answer.to)}
            />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function StreamRow({ stream, from, to }: { stream: Stream; from: number; to: number }) {
  const span = Math.max(to - from, 1);
  const x = (text: string) => Math.min(Math.max(((Date.parse(text) - from) / span) * 1_000, 0), 1_000);
  const proven = stream.spans.reduce((sum, one) => sum + ((x(one.provenUntil) - x(one.from)) / 1_000) * span, 0);
  const last = stream.spans.at(-1);
  return (
    <tr>
      <td class="change">
        {manyClusters.value && <span class="dim">{stream.cluster} </span>}
        {stream.stream}
      </td>
      <td class="name">{stream.namespace ?? 'all'}</td>
      <td>
        <svg
          class="spans"
          viewBox="0 0 1000 14"
          preserveAspectRatio="none"
          role="img"
          aria-label={`${stream.spans.length} proven spans, ${stream.gaps.length} gaps`}
        >
          <rect x="0" y="6" width="1000" height="2" fill="var(--gap)" />
          {stream.spans.map((one) => (
            <rect
              key={one.from}
              x={x(one.from)}
              y="1"
              width={Math.max(x(one.provenUntil) - x(one.from), 1)}
              height="12"
              fill="var(--ready)"
            />
          ))}
        </svg>
      </td>
      <td class="num">{percent(proven / span)} %</td>
      <td class="num">{stream.gaps.length}</td>
      <td class="name pod">
        {!last ? (
          'never watched'
        ) : last.end ? (
          <>
            ended: {last.end.code} <span class="dim">{last.end.detail}</span>
          </>
        ) : (
          'watched'
        )}
      </td>
    </tr>
  );
}

function Gaps({ answer }: { answer: CoverageAnswer }) {
  const gaps = answer.items.flatMap((stream) =>
    stream.gaps.map((gap) => ({ ...gap, namespace: stream.namespace, cluster: stream.cluster })),
  );
  gaps.sort((a, b) => (a.from ?? '').localeCompare(b.from ?? ''));
  if (gaps.length === 0) return <Empty>No gap in this range.</Empty>;
  return (
    <>
      <h2 class="title">Gaps</h2>
      <div class="table-scroll">
        <table id="gaps">
          <caption>Times in {zoneLabel(zone.value, Date.parse(answer.from))}.</caption>
          <thead>
            <tr>
              <th scope="col">Stream</th>
              <th scope="col">From</th>
              <th scope="col">To</th>
              <th scope="col" class="num">
                Duration
              </th>
              <th scope="col">Reason</th>
              <th scope="col">Detail</th>
            </tr>
          </thead>
          <tbody>
            {gaps.map((gap) => (
              <tr key={`${gap.cluster}/${gap.stream}/${gap.namespace ?? ''}/${gap.from ?? ''}`}>
                <td class="name">
                  {gap.stream}
                  {gap.namespace && <span class="dim"> {gap.namespace}</span>}
                </td>
                <td class="time">{gap.from ? <Instant at={gap.from} /> : 'before the recording'}</td>
                <td class="time">{gap.to ? <Instant at={gap.to} /> : 'still open'}</td>
                <td class="num">
                  {gap.from && formatSpan(Date.parse(gap.to ?? answer.to) - Date.parse(gap.from), gap.to === undefined)}
                </td>
                <td class="name">{gap.reason}</td>
                <td class="name">{gap.detail}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}
