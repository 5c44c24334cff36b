/** One Service over a range of time. */
import type { TimelineModel } from '../lib/timeline-model.ts';
import { address, servicePath } from '../state/api.ts';
import { clusters, flipsQuery, model, range, timeline } from '../state/data.ts';
import { LANES_A_PAGE } from '../state/lanes.ts';
import { go, screenView, view } from '../state/location.ts';
import { fitRecording, zoomBy } from './commands.ts';
import { Compare } from './compare.tsx';
import { CopyLink, CopyMarkdown } from './copy.tsx';
import { Drawer } from './drawer.tsx';
import { FactBar, Situation } from './facts.tsx';
import { Empty, Failure, Loading } from './feedback.tsx';
import { Flips } from './flips.tsx';
import { BackendGlyph } from './glyph.tsx';
import { ViewLink } from './link.tsx';
import { Plot } from './plot.tsx';
import { StateAt } from './state-at.tsx';
import { shortTime, TimeField } from './time-field.tsx';

const PRESETS = ['15m', '1h', '6h', '24h', '7d'];

export function Timeline() {
  const { namespace, name, cluster, tab, asof } = view.value;
  const now = model.value;
  const shown = range.value;
  const neverSeen = timeline.error.value?.status === 404;
  return (
    <main id="main">
      <div class="bar">
        <h1 class="title">
          <span class="dim">{namespace}/</span>
          {name}
        </h1>
        {cluster && <span class="dim">{cluster}</span>}
        {now && <SourceChoice source={now.answer.source} />}
        {asof !== undefined && (
          <span class="dim">
            as of position {asof}{' '}
            <button type="button" onClick={() => go({ asof: undefined })}>
              latest
            </button>
          </span>
        )}
        <span class="grow" />
        <RangeBar />
      </div>
      {neverSeen ? (
        <Empty>
          No Service {namespace}/{name} was ever seen by this recorder.{' '}
          <ViewLink to={screenView('services', { q: name ?? '' })}>Look for it in the list</ViewLink>
        </Empty>
      ) : (
        <Failure resource={timeline} what="The timeline" />
      )}
      <Failure resource={clusters} what="What is known of the cluster" />
      <Loading resource={timeline} what="the timeline" />
      {now && shown && (
        <div class={timeline.loading.value ? 'stale' : ''} aria-busy={timeline.loading.value}>
          <FactBar model={now} />
          <Situation model={now} />
          {now.answer.laneCount > 0 && (
            <>
              <LegendBar model={now} />
              <Plot model={now} range={shown} />
            </>
          )}
        </div>
      )}
      {now && (
        <>
          <div class="tabs" role="tablist" aria-label="Details">
            {(['flips', 'state', 'compare'] as const).map((one) => (
              <button
                key={one}
                id={`tab-${one}`}
                type="button"
                role="tab"
                aria-selected={tab === one}
                aria-controls="details"
                onClick={() => go({ tab: one }, 'replace')}
              >
                {
                  {
                    flips: `Flips (${now.answer.flips.toLocaleString('en')})`,
                    state: 'State at an instant',
                    compare: 'Compare two instants',
                  }[one]
                }
              </button>
            ))}
          </div>
          <div id="details" role="tabpanel" aria-labelledby={`tab-${tab}`}>
            {tab === 'flips' && <Flips model={now} />}
            {tab === 'state' && <StateAt />}
            {tab === 'compare' && <Compare />}
          </div>
          <Drawer model={now} />
        </>
      )}
    </main>
  );
}

function SourceChoice({ source }: { source: string }) {
  return (
    <label class="field">
      <span>Source</span>
      <select
        value={view.value.source ?? ''}
        onChange={(event) => {
          const value = event.currentTarget.value;
          go({ source: value === 'endpoints' || value === 'endpointslices' ? value : undefined });
        }}
      >
        <option value="">default ({source})</option>
        <option value="endpoints">Endpoints</option>
        <option value="endpointslices">EndpointSlices</option>
      </select>
    </label>
  );
}

function RangeBar() {
  const { from, to, namespace = '', name = '' } = view.value;
  const now = range.value;
  const csv = address(`${servicePath(namespace, name)}/flips.csv`, {
    ...flipsQuery.value,
    ...(now ? { from: new Date(now.from).toISOString(), to: new Date(now.to).toISOString() } : {}),
  });
  return (
    <>
      <TimeField
        id="from"
        label="From"
        value={from}
        placeholder={now ? shortTime(new Date(now.from).toISOString()) : 'start'}
        onChange={(value) => go({ from: value })}
      />
      <TimeField
        id="to"
        label="to"
        value={to}
        placeholder={now ? shortTime(new Date(now.to).toISOString()) : 'present'}
        onChange={(value) => go({ to: value })}
      />
      <select
        aria-label="Range"
        value=""
        onChange={(event) => {
          const value = event.currentTarget.value;
          if (value === 'all') fitRecording();
          else if (value) go({ from: `now-${value}`, to: 'now' });
          event.currentTarget.value = '';
        }}
      >
        <option value="">range…</option>
        {PRESETS.map((preset) => (
          <option key={preset} value={preset}>
            last {preset}
          </option>
        ))}
        <option value="all">whole recording</option>
      </select>
      <button type="button" onClick={() => zoomBy(2)} aria-keyshortcuts="s" title="Zoom out (S)">
        Zoom out
      </button>
      <CopyLink />
      <CopyMarkdown />
      <a class="button" id="export-csv" href={csv} download aria-keyshortcuts="e">
        CSV
      </a>
    </>
  );
}

function LegendBar({ model: now }: { model: TimelineModel }) {
  const { laneCount } = now.answer;
  const hidden = laneCount - now.listed;
  return (
    <div class="bar legend">
      {(['ready', 'notReady', 'terminating', 'gap'] as const).map((state) => (
        <span key={state} class="state">
          <BackendGlyph state={state} />
          {{ ready: 'ready', notReady: 'not ready', terminating: 'terminating', gap: 'no data' }[state]}
        </span>
      ))}
      <span class="state">
        <svg class="glyph" viewBox="0 0 14 14" aria-hidden="true">
          <rect x="2" y="2" width="10" height="10" fill="none" stroke="var(--zero)" stroke-width="1.5" />
        </svg>
        zero ready
      </span>
      <span class="grow" />
      {laneCount > LANES_A_PAGE && (
        <span>
          {hidden > 0 && `${now.listed.toLocaleString('en')} of `}
          {laneCount.toLocaleString('en')} lanes, the longest not ready first
        </span>
      )}
      {(hidden > 0 || view.value.allLanes) && (
        <button type="button" onClick={() => go({ allLanes: !view.value.allLanes })}>
          {view.value.allLanes ? 'Only those that changed' : 'Show all'}
        </button>
      )}
    </div>
  );
}
