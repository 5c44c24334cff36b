import { zoneLabel } from '../lib/zone.ts';
import { following } from '../state/data.ts';
import { connection, unseen } from '../state/live.ts';
import { notices, screenView, toggleZone, view, zone } from '../state/location.ts';
import { nextTheme, theme } from '../state/theme.ts';
import { helpOpen, returnToNow } from './commands.ts';
import { ViewLink } from './link.tsx';

export function TopBar() {
  const { screen } = view.value;
  return (
    <header>
      <a class="skip" href="#main">
        To the content
      </a>
      <div class="top bar">
        <ViewLink to={screenView('services')} class="brand">
          Flipbook
        </ViewLink>
        <nav aria-label="Screens">
          <ViewLink to={screenView('services')} current={screen === 'services'}>
            Services
          </ViewLink>
          <ViewLink to={screenView('coverage')} current={screen === 'coverage'}>
            Coverage
          </ViewLink>
        </nav>
        <span class="grow" />
        <LiveStatus />
        <button type="button" onClick={toggleZone} aria-keyshortcuts="u" title="Switch between UTC and this browser's zone (U)">
          Times in {zoneLabel(zone.value, Date.now())}
        </button>
        <button type="button" onClick={nextTheme} title="Colours: as the system says, light, dark">
          Theme: {theme.value}
        </button>
        <button type="button" onClick={() => (helpOpen.value = true)} aria-keyshortcuts="?">
          Keys <kbd>?</kbd>
        </button>
      </div>
      {notices.value.length > 0 && (
        <div class="notice" role="alert">
          <ul>
            {notices.value.map((text) => (
              <li key={text}>{text}</li>
            ))}
          </ul>
          <button type="button" onClick={() => (notices.value = [])}>
            Dismiss
          </button>
        </div>
      )}
    </header>
  );
}

function LiveStatus() {
  const state = connection.value;
  if (!following.value) {
    return (
      <button type="button" onClick={returnToNow} aria-keyshortcuts="l" title="Follow the present (L)">
        {unseen.value > 0 ? `${unseen.value} new` : 'Fixed time'} · follow
      </button>
    );
  }
  return (
    <span class="status-dot" role="status">
      <svg viewBox="0 0 8 8" width="8" height="8" aria-hidden="true">
        <circle
          cx="4"
          cy="4"
          r="3"
          fill={state === 'open' ? 'var(--ready)' : 'none'}
          stroke={state === 'open' ? 'none' : 'var(--not-ready)'}
          stroke-width="1.5"
        />
      </svg>
      {state === 'open' ? 'live' : state === 'lost' ? 'live updates lost, reconnecting' : 'connecting'}
    </span>
  );
}
