/** Light, dark, or what the system says; kept in the browser. */
import { effect, signal } from '@preact/signals';

export type Theme = 'system' | 'light' | 'dark';
const KEY = 'flipbook-theme';

function stored(): Theme {
  try {
    const text = localStorage.getItem(KEY);
    return text === 'light' || text === 'dark' ? text : 'system';
  } catch {
    // Storage may be forbidden; the system's theme needs none.
    return 'system';
  }
}

export const theme = signal<Theme>(stored());
/** Grows whenever colours may have changed, so that canvases are painted again. */
export const paintVersion = signal(0);

export function nextTheme(): void {
  theme.value = theme.value === 'system' ? 'light' : theme.value === 'light' ? 'dark' : 'system';
}

effect(() => {
  const chosen = theme.value;
  if (chosen === 'system') document.documentElement.removeAttribute('data-theme');
  else document.documentElement.setAttribute('data-theme', chosen);
  try {
    if (chosen === 'system') localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, chosen);
  } catch {
    // The choice then lasts as long as the page.
  }
  paintVersion.value = paintVersion.peek() + 1;
});

for (const query of ['(prefers-color-scheme: dark)', '(forced-colors: active)']) {
  window.matchMedia(query).addEventListener('change', () => {
    paintVersion.value = paintVersion.peek() + 1;
  });
}
