/** The Service's backends at one instant. */
import type { Backend, StateAnswer } from '../../../src/http/contract.ts';
import { RIGHT_PAD } from '../lib/geometry.ts';
import { isRelative } from '../lib/time-text.ts';
import { stateWord } from '../lib/words.ts';
import { formatInstant, zoneLabel } from '../lib/zone.ts';
import { address } from '../state/api.ts';
import { range, stateAt } from '../state/data.ts';
import { go, view, zone } from '../state/location.ts';
import { plotGutter, setInstant, stepChange } from './commands.ts';
import { Failure, Loading } from './feedback.tsx';
import { BackendGlyph } from './glyph.tsx';
import { Instant } from './instant.tsx';
import { TimeField } from './time-field.tsx';

export function StateAt() {
  const answer = stateAt.data.value;
  const { at } = view.value;
  const shown = range.value;
  const now = at !== undefined && !isRelative(at) ? Date.parse(at) : answer ? Date.parse(answer.at) : undefined;
  return (
    <section aria-label="State at an instant">
      <div class="bar">
        <TimeField
          id="instant"
          label="At"
          value={at}
          placeholder={answer?.at ?? 'latest'}
          onChange={(value) => go({ at: value })}
        />
        <button type="button" onClick={() => stepChange(-1)}>
          ← change before
        </button>
        <button type="button" onClick={() => stepChange(1)}>
          next change →
        </button>
        {answer && <Objects answer={answer} />}
      </div>
      {shown && now !== undefined && (
        <input
          class="scrub"
          // The thumb's middle, half its width from the ends, lies under the instant in the plot.
          style={{ marginLeft: `${plotGutter.value - 8}px`, width: `calc(100% - ${plotGutter.value + RIGHT_PAD - 16}px)` }}
          type="range"
          aria-label="Instant"
          aria-valuetext={`${formatInstant(now, zone.value)} ${zoneLabel(zone.value, now)}`}
          min={shown.from}
          max={shown.to}
          step={Math.max(1, Math.round((shown.to - shown.from) / 1_000))}
          value={now}
          onInput={(event) => setInstant('at', Number(event.currentTarget.value), 'move')}
        />
      )}
      <Failure resource={stateAt} what="The state" />
      <Loading resource={stateAt} what="the state" />
      {answer && (
        <div class={stateAt.loading.value ? 'stale' : ''} aria-busy={stateAt.loading.value} id="state-at">
          <Certainty answer={answer} />
          <div class="columns">
            <Group title="ready" backends={answer.ready} />
            <Group title="notReady" backends={answer.notReady} />
            <Group title="terminating" backends={answer.terminating} />
          </div>
        </div>
      )}
    </section>
  );
}

/** The exact objects as they were. */
function Objects({ answer }: { answer: StateAnswer }) {
  const { namespace, name } = answer.service;
  const base = `namespaces/${encodeURIComponent(namespace)}`;
  if (answer.source !== 'endpoints') return null;
  return (
    <a href={address(`${base}/endpoints/${encodeURIComponent(name)}`, { at: answer.at })} target="_blank" rel="noreferrer">
      the Endpoints object
    </a>
  );
}

function Certainty({ answer }: { answer: StateAnswer }) {
  const { coverage, gap, lastKnownAt, truncated } = answer;
  return (
    <>
      {coverage === 'gap' && (
        <p class="notice">
          <span>
            <strong>Unknown at this instant</strong>
            {lastKnownAt && (
              <>
                ; last known at <Instant at={lastKnownAt} label />, and that is what stands below
              </>
            )}
            .{' '}
            {gap && (
              <>
                {gap.stream} was not proven complete{' '}
                {gap.from ? (
                  <>
                    from <Instant at={gap.from} />
                  </>
                ) : (
                  'since ever'
                )}{' '}
                {gap.to ? (
                  <>
                    to <Instant at={gap.to} />
                  </>
                ) : (
                  'until now'
                )}
                : {gap.reason}
                {gap.detail && <span class="dim"> {gap.detail}</span>}
              </>
            )}
          </span>
        </p>
      )}
      {coverage === 'before-recording' && (
        <p class="notice">
          {gap?.detail === undefined ? 'Nothing was recorded yet at this instant' : `At this instant: ${gap.detail}`}: what the
          Service’s backends were is not known.
        </p>
      )}
      {truncated && (
        <p class="notice plain">Endpoints was cut at 1,000 addresses: choose the source EndpointSlices to see all.</p>
      )}
      <p class="dim">
        State at <Instant at={answer.at} label />, from {answer.source === 'endpoints' ? 'Endpoints' : 'EndpointSlices'}, newest
        event at position {answer.position}.
      </p>
    </>
  );
}

export function Group({ title, backends }: { title: string; backends: readonly (Backend & { state?: string })[] }) {
  return (
    <div>
      <h2 class="state">
        <BackendGlyph state={title} />
        {backends.length} {stateWord(title)}
      </h2>
      {backends.length > 0 && (
        <div class="table-scroll">
          <BackendTable backends={backends} />
        </div>
      )}
    </div>
  );
}

export const portsText = (ports: Backend['ports']): string =>
  ports.map(({ name, port, protocol }) => `${name ? `${name}:` : ''}${port ?? 'all'}/${protocol}`).join(', ');

function BackendTable({ backends }: { backends: readonly (Backend & { state?: string })[] }) {
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">Address</th>
          <th scope="col">Pod</th>
          <th scope="col">Node</th>
          <th scope="col">Ports</th>
        </tr>
      </thead>
      <tbody>
        {backends.map((backend) => (
          <tr key={`${backend.address}/${backend.pod?.uid ?? ''}/${portsText(backend.ports)}`}>
            <td class="time">{backend.address}</td>
            <td class="name pod" title={backend.pod?.uid}>
              {backend.pod?.name}
              {backend.state === 'serving' && <span class="dim"> still serving</span>}
            </td>
            <td class="name">
              {backend.node}
              {backend.zone && <span class="dim"> {backend.zone}</span>}
            </td>
            <td class="name">{portsText(backend.ports)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
