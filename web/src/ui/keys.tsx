/** Keys, and the page that explains them. */
import { useEffect, useRef } from 'preact/hooks';
import { toggleZone, view } from '../state/location.ts';
import {
  clear,
  fitRecording,
  helpOpen,
  hover,
  panBy,
  returnToNow,
  setInstant,
  stepLane,
  stepSegment,
  stepZero,
  zoomBy,
} from './commands.ts';

const timelineKeys: Record<string, () => void> = {
  a: () => panBy(-0.25),
  d: () => panBy(0.25),
  w: () => zoomBy(0.5),
  s: () => zoomBy(2),
  z: () => zoomBy(4),
  f: fitRecording,
  l: returnToNow,
  ArrowLeft: () => stepSegment(-1),
  ArrowRight: () => stepSegment(1),
  ArrowUp: () => stepLane(-1),
  ArrowDown: () => stepLane(1),
  '[': () => stepZero(-1),
  ']': () => stepZero(1),
  m: () => hover.value && setInstant('at', hover.value.at),
  M: () => hover.value && setInstant('b', hover.value.at),
  e: () => document.querySelector<HTMLElement>('#export-csv')?.click(),
};

const anyKeys: Record<string, () => void> = {
  u: toggleZone,
  '?': () => {
    helpOpen.value = true;
  },
  Escape: clear,
  '/': () => document.querySelector<HTMLElement>('#filter')?.focus(),
};

/** Letters belong to the field that is being typed in, and the browser's own shortcuts to the browser. */
export function onKey(event: KeyboardEvent): void {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  const target = event.target instanceof Element ? event.target : undefined;
  if (target?.closest('input, select, textarea, dialog')) return;
  const arrow = event.key.startsWith('Arrow');
  // Up and down scroll the page unless something is selected or the lanes have the focus.
  if ((event.key === 'ArrowUp' || event.key === 'ArrowDown') && view.value.lane === undefined && !target?.closest('.plot'))
    return;
  if (arrow && target?.closest('[role="tablist"]')) return;
  const key = event.key.length === 1 && event.key !== 'M' ? event.key.toLowerCase() : event.key;
  const action = anyKeys[key] ?? (view.value.screen === 'service' ? timelineKeys[key] : key === 'l' ? returnToNow : undefined);
  if (!action) return;
  event.preventDefault();
  action();
}

const EXPLAINED: [string, string][] = [
  ['A D', 'pan to earlier, later'],
  ['W S', 'zoom in, out (at the pointer)'],
  ['Z', 'zoom far out'],
  ['F', 'fit the whole recording'],
  ['← →', 'previous, next segment of the lane'],
  ['↑ ↓', 'lane above, below'],
  ['[ ]', 'previous, next time at zero ready'],
  ['M  Shift+M', 'set instant A, B at the pointer'],
  ['L', 'follow the present'],
  ['U', 'times in UTC or in the browser’s zone'],
  ['E', 'export the flips of the range as CSV'],
  ['/', 'filter the list'],
  ['Esc', 'clear the selection, then the filter, then the instants'],
];

export function Help() {
  const ref = useRef<HTMLDialogElement>(null);
  const open = helpOpen.value;
  useEffect(() => {
    if (open && !ref.current?.open) ref.current?.showModal();
    if (!open) ref.current?.close();
  }, [open]);
  return (
    <dialog ref={ref} aria-labelledby="help-title" onClose={() => (helpOpen.value = false)}>
      <h2 id="help-title" class="title">
        Keys and pointer
      </h2>
      <dl class="keys">
        {EXPLAINED.map(([keys, text]) => (
          <>
            <dt>
              <kbd>{keys}</kbd>
            </dt>
            <dd>{text}</dd>
          </>
        ))}
        <dt>Drag</dt>
        <dd>zoom to the brushed range; with Shift: pan</dd>
        <dt>Wheel</dt>
        <dd>scrolls lanes; with Ctrl or ⌘: zoom at the pointer</dd>
        <dt>Double-click</dt>
        <dd>zoom out</dd>
        <dt>Click</dt>
        <dd>on a lane selects the segment; on the counts shows the state at that instant</dd>
      </dl>
      <p class="dim">
        A gap is a time in which the recorder cannot prove that it saw everything. A duration with ≥ touches a gap or the edge of
        the range: it is a lower bound.
      </p>
      <p>
        <button type="button" onClick={() => (helpOpen.value = false)}>
          Close
        </button>
      </p>
    </dialog>
  );
}
