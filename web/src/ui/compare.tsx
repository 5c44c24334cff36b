/** What changed between two instants: added, removed, flipped. */
import type { DiffAnswer } from '../../../src/http/contract.ts';
import { stateWord } from '../lib/words.ts';
import { diff } from '../state/data.ts';
import { go, view } from '../state/location.ts';
import { Empty, Failure, Loading } from './feedback.tsx';
import { BackendState } from './glyph.tsx';
import { Instant } from './instant.tsx';
import { portsText } from './state-at.tsx';
import { TimeField } from './time-field.tsx';

export function Compare() {
  const { at, b } = view.value;
  const answer = diff.data.value;
  return (
    <section aria-label="Compare two instants">
      <div class="bar">
        <TimeField id="instant-a" label="A" value={at} onChange={(value) => go({ at: value })} />
        <TimeField id="instant-b" label="B" value={b} onChange={(value) => go({ b: value })} />
      </div>
      {at === undefined || b === undefined ? (
        <Empty>
          Point at the timeline and press <kbd>M</kbd> for A and <kbd>Shift</kbd>+<kbd>M</kbd> for B, or type both times.
        </Empty>
      ) : (
        <>
          <Failure resource={diff} what="The comparison" />
          <Loading resource={diff} what="the comparison" />
          {answer && <Difference answer={answer} />}
        </>
      )}
    </section>
  );
}

function Difference({ answer }: { answer: DiffAnswer }) {
  const rows = [
    ...answer.added.map(({ backend, state }) => ({ backend, from: 'absent', to: state as string })),
    ...answer.removed.map(({ backend, state }) => ({ backend, from: state as string, to: 'absent' })),
    ...answer.flipped.map(({ backend, from, to }) => ({ backend, from: from as string, to: to as string })),
  ];
  const unsure = [answer.from, answer.to].filter(({ coverage }) => coverage !== 'complete');
  return (
    <div class={diff.loading.value ? 'stale' : ''} aria-busy={diff.loading.value} id="compare">
      {unsure.map((end) => (
        <p key={end.at} class="notice">
          <span>
            <strong>
              {end.coverage === 'gap' ? 'Not known for certain' : 'Not recorded yet'} at <Instant at={end.at} label />
            </strong>
            {end.gap && <span class="dim"> {end.gap.reason}</span>}
          </span>
        </p>
      ))}
      <p>
        {answer.added.length} added, {answer.removed.length} removed, {answer.flipped.length} flipped, {answer.unchanged}{' '}
        unchanged.
      </p>
      {rows.length > 0 && (
        <div class="table-scroll">
          <table>
            <thead>
              <tr>
                <th scope="col">Backend</th>
                <th scope="col">Address</th>
                <th scope="col">Ports</th>
                <th scope="col">Node</th>
                <th scope="col">
                  At <Instant at={answer.from.at} />
                </th>
                <th scope="col">
                  At <Instant at={answer.to.at} />
                </th>
              </tr>
            </thead>
            <tbody>
              {rows.map(({ backend, from, to }) => (
                <tr
                  key={`${backend.address}/${backend.pod?.uid ?? ''}/${portsText(backend.ports)}`}
                  title={`${stateWord(from)} → ${stateWord(to)}`}
                >
                  <td class="name pod">{backend.pod?.name ?? backend.address}</td>
                  <td class="time">{backend.address}</td>
                  <td class="name">{portsText(backend.ports)}</td>
                  <td class="name">{backend.node}</td>
                  <td>
                    <BackendState state={from} />
                  </td>
                  <td>
                    <BackendState state={to} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </div>
  );
}
