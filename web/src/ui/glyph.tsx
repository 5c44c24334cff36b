/** Small marks for states. The shape tells the state without its colour, and a word always stands next to it. */
import { stateWord } from '../lib/words.ts';

export function BackendGlyph({ state }: { state: string }) {
  return (
    <svg class="glyph" viewBox="0 0 14 14" aria-hidden="true">
      {state === 'ready' && <rect x="1" y="1" width="12" height="12" fill="var(--ready)" />}
      {state === 'notReady' && (
        <>
          <rect x="1" y="7" width="12" height="6" fill="var(--not-ready)" />
          <path d="M3 13 9 7M8 13 13 8" stroke="var(--bg)" stroke-width="1.2" />
        </>
      )}
      {state === 'serving' && <rect x="1" y="5" width="12" height="4" fill="var(--terminating)" />}
      {state === 'terminating' && (
        <rect x="1.5" y="5" width="11" height="4" fill="none" stroke="var(--terminating)" stroke-dasharray="3 1.6" />
      )}
      {(state === 'gap' || state === 'before-recording') && (
        <path
          d="M1 5 5 1M1 9 9 1M1 13 13 1M5 13 13 5M9 13 13 9M9 1 13 5M5 1 13 9M1 1 13 13M1 5 9 13M1 9 5 13"
          stroke="var(--gap)"
        />
      )}
      {state === 'absent' && (
        <rect x="1.5" y="1.5" width="11" height="11" fill="none" stroke="var(--dim)" stroke-dasharray="1 2" />
      )}
    </svg>
  );
}

export function BackendState({ state }: { state: string }) {
  return (
    <span class="state">
      <BackendGlyph state={state} />
      {stateWord(state)}
    </span>
  );
}

/** State of a Service: ● ok, ◐ degraded, ✕ down, ○ empty, ? unknown. */
export function ServiceGlyph({ state }: { state: string }) {
  const ring = { fill: 'none', 'stroke-width': 1.6 };
  return (
    <svg class="glyph" viewBox="0 0 14 14" aria-hidden="true">
      {state === 'ok' && <circle cx="7" cy="7" r="5.5" fill="var(--ready)" />}
      {state === 'degraded' && (
        <>
          <circle cx="7" cy="7" r="5.2" {...ring} stroke="var(--not-ready)" />
          <path d="M7 1.8a5.2 5.2 0 0 1 0 10.4z" fill="var(--not-ready)" />
        </>
      )}
      {state === 'down' && (
        <>
          <rect x="1" y="1" width="12" height="12" fill="var(--not-ready)" />
          <path d="M4 4 10 10M10 4 4 10" stroke="var(--bg)" stroke-width="1.8" />
        </>
      )}
      {state === 'empty' && <circle cx="7" cy="7" r="5.2" {...ring} stroke="var(--dim)" />}
      {!['ok', 'degraded', 'down', 'empty'].includes(state) && (
        <>
          <circle cx="7" cy="7" r="5.2" {...ring} stroke="var(--gap)" stroke-dasharray="2 1.5" />
          <path d="M5.2 5.6a1.8 1.8 0 1 1 1.8 2v1" {...ring} stroke="var(--text)" stroke-width="1.2" />
          <circle cx="7" cy="10.4" r=".8" fill="var(--text)" />
        </>
      )}
    </svg>
  );
}
