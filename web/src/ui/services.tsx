/** All Services at one instant, the troubled ones first. */
import { useState } from 'preact/hooks';
import type { ServiceSummary } from '../../../src/http/contract-services.ts';
import { isRelative } from '../lib/time-text.ts';
import { stateWord } from '../lib/words.ts';
import { zoneLabel } from '../lib/zone.ts';
import { manyClusters, services } from '../state/data.ts';
import { go, screenView, view, zone } from '../state/location.ts';
import { Empty, Failure, Loading } from './feedback.tsx';
import { ServiceGlyph } from './glyph.tsx';
import { Instant } from './instant.tsx';
import { ViewLink } from './link.tsx';
import { TimeField } from './time-field.tsx';

const ORDER = ['down', 'degraded', 'unknown', 'empty', 'ok'];
/** So many rows at once: a long list is shown in parts. */
const ROWS = 300;
const AROUND_MS = 30 * 60_000;

const rank = (state: string) => (ORDER.indexOf(state) + ORDER.length + 1) % (ORDER.length + 1);
const byTrouble = (a: ServiceSummary, b: ServiceSummary) =>
  rank(a.state) - rank(b.state) ||
  `${a.namespace}/${a.name}`.localeCompare(`${b.namespace}/${b.name}`, 'en') ||
  a.cluster.localeCompare(b.cluster, 'en');

export function Services() {
  const { at, q = '', state, namespace } = view.value;
  const [limit, setLimit] = useState(ROWS);
  const answer = services.data.value;
  const items = answer?.items ?? [];
  const wanted = q.toLowerCase();
  const inScope = items.filter(
    (item) =>
      (namespace === undefined || item.namespace === namespace) &&
      `${item.namespace}/${item.name}`.toLowerCase().includes(wanted),
  );
  const shown = inScope.filter((item) => state === undefined || item.state === state).sort(byTrouble);
  const namespaces = [...new Set(items.map((item) => item.namespace))].sort();
  return (
    <main id="main">
      <h1 class="visually-hidden">Services</h1>
      <div class="bar">
        <label class="field">
          <span>Filter</span>
          <input
            id="filter"
            type="search"
            value={q}
            placeholder="namespace/name"
            aria-keyshortcuts="/"
            onInput={(event) => go({ q: event.currentTarget.value || undefined }, 'replace')}
          />
        </label>
        <label class="field">
          <span>Namespace</span>
          <select value={namespace ?? ''} onChange={(event) => go({ namespace: event.currentTarget.value || undefined })}>
            <option value="">all</option>
            {namespaces.map((name) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <span class="grow" />
        <TimeField id="at" label="At" value={at} placeholder="latest" onChange={(value) => go({ at: value })} />
        {[undefined, 'now-15m', 'now-1h'].map((preset) => (
          <button key={preset ?? 'latest'} type="button" aria-pressed={at === preset} onClick={() => go({ at: preset })}>
            {preset?.replace('now', '') ?? 'latest'}
          </button>
        ))}
      </div>
      <Failure resource={services} what="The list of Services" />
      <Loading resource={services} what="Services" />
      {answer && (
        <div class={services.loading.value ? 'stale' : ''} aria-busy={services.loading.value}>
          <div class="counts-line">
            <button type="button" aria-pressed={state === undefined} onClick={() => go({ state: undefined })}>
              {inScope.length} {inScope.length === 1 ? 'Service' : 'Services'}
            </button>
            {ORDER.map((name) => {
              const count = inScope.filter((item) => item.state === name).length;
              return count > 0 || state === name ? (
                <button
                  key={name}
                  type="button"
                  aria-pressed={state === name}
                  onClick={() => go({ state: state === name ? undefined : (name as 'ok') })}
                >
                  <span class="state">
                    {state !== name && <ServiceGlyph state={name} />}
                    {count} {name}
                  </span>
                </button>
              ) : null;
            })}
            <span class="grow" />
            <span class="dim">
              State at <Instant at={answer.at} label />
            </span>
          </div>
          <Coverage coverage={answer.coverage} />
          {items.length === 0 ? (
            <Empty>No Service was ever seen up to this time.</Empty>
          ) : shown.length === 0 ? (
            <Empty>
              None of {items.length} Services matches the filter.{' '}
              <button type="button" onClick={() => go({ q: undefined, state: undefined, namespace: undefined })}>
                Clear the filter
              </button>
            </Empty>
          ) : (
            <ServiceTable items={shown.slice(0, limit)} />
          )}
          {shown.length > limit && (
            <p class="bar">
              <button type="button" onClick={() => setLimit(limit + ROWS)}>
                Show {Math.min(ROWS, shown.length - limit)} more of {shown.length - limit}
              </button>
            </p>
          )}
        </div>
      )}
    </main>
  );
}

function Coverage({ coverage }: { coverage: string }) {
  if (coverage === 'complete') return null;
  return (
    <p class="notice plain">
      {coverage === 'gap'
        ? 'At this time at least one stream was not proven complete: states marked unknown are those last known.'
        : 'Nothing was recorded yet at this time.'}
    </p>
  );
}

function ServiceTable({ items }: { items: readonly ServiceSummary[] }) {
  const clusters = manyClusters.value;
  return (
    <div class="table-scroll">
      <table id="services">
        <thead>
          <tr>
            <th scope="col">State</th>
            {clusters && <th scope="col">Cluster</th>}
            <th scope="col">Service</th>
            <th scope="col" class="num">
              Ready / total
            </th>
            <th scope="col" class="num">
              Terminating
            </th>
            <th scope="col">Last flip ({zoneLabel(zone.value, Date.now())})</th>
            <th scope="col">Backend</th>
            <th scope="col">Change</th>
            <th scope="col">Cause</th>
          </tr>
        </thead>
        <tbody>
          {items.map((item) => (
            <ServiceRow key={`${item.cluster}/${item.namespace}/${item.name}`} item={item} cluster={clusters} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function ServiceRow({ item, cluster }: { item: ServiceSummary; cluster: boolean }) {
  const { at } = view.value;
  const total = item.ready + item.notReady;
  const { lastFlip } = item;
  const patch = {
    namespace: item.namespace,
    name: item.name,
    ...(cluster ? { cluster: item.cluster } : {}),
    ...(at === undefined ? {} : isRelative(at) ? { from: `${at === 'now' ? 'now-1h' : at}`, to: 'now' } : around(at)),
  };
  const unknown = item.state === 'unknown';
  return (
    <tr>
      <td>
        <span class="state">
          <ServiceGlyph state={item.state} />
          {item.state}
        </span>
      </td>
      {cluster && <td class="name">{item.cluster}</td>}
      <td class="name">
        <ViewLink to={screenView('service', patch)}>
          <span class="dim">{item.namespace}/</span>
          {item.name}
        </ViewLink>
      </td>
      <td class="num">
        {unknown && <span class="dim">{total > 0 ? 'last known ' : 'not known'}</span>}
        {(!unknown || total > 0) && `${item.ready} / ${total}`}
        {total > 0 && !unknown && (
          <svg class="share" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
            <rect width={(item.ready / total) * 100} height="10" />
          </svg>
        )}
      </td>
      <td class="num">{item.terminating || ''}</td>
      <td class="time">{lastFlip && <Instant at={lastFlip.at} />}</td>
      <td class="name pod">{lastFlip && (lastFlip.pod ?? lastFlip.address)}</td>
      <td class="change">
        {lastFlip && (
          <>
            {stateWord(lastFlip.from)} <span class="arrow">→</span> {stateWord(lastFlip.to)}
          </>
        )}
      </td>
      {lastFlip ? <CauseCell name={lastFlip.cause} /> : <td />}
    </tr>
  );
}

/** Causes of a long list come after the rest of it. */
function CauseCell({ name = '…' }: { name: string | undefined }) {
  return <td class={name === 'unknown' || name === '…' ? 'dim' : ''}>{name}</td>;
}

/** The half hours before and after an instant, with the instant marked. */
function around(at: string) {
  const ms = Date.parse(at);
  return { at, from: new Date(Math.max(0, ms - AROUND_MS)).toISOString(), to: new Date(ms + AROUND_MS).toISOString() };
}
