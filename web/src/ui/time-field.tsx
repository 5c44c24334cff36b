/** A time as people type it; what was not understood is said, and nothing changes. */
import { useState } from 'preact/hooks';
import { canonicalTime, isRelative } from '../lib/time-text.ts';
import { formatInstant } from '../lib/zone.ts';
import { zone } from '../state/location.ts';

export interface TimeFieldProps {
  readonly label: string;
  /** Canonical text; absent: the default, shown as `placeholder`. */
  readonly value: string | undefined;
  readonly placeholder?: string;
  readonly onChange: (value: string | undefined) => void;
  readonly id: string;
}

/** `2026-11-23T14:00:00.000Z` without the parts that say nothing. */
export const shortTime = (text: string): string => text.replace(/\.000Z$/, 'Z');

export function TimeField({ label, value, placeholder, onChange, id }: TimeFieldProps) {
  const [draft, setDraft] = useState<string | undefined>(undefined);
  const [bad, setBad] = useState(false);
  const commit = (text: string) => {
    const trimmed = text.trim();
    if (trimmed === '') {
      setBad(false);
      setDraft(undefined);
      onChange(undefined);
      return;
    }
    const time = canonicalTime(trimmed, Date.now());
    setBad(time === undefined);
    if (time === undefined) return;
    setDraft(undefined);
    onChange(time);
  };
  const elsewhere = value !== undefined && !isRelative(value) && zone.value !== 'UTC';
  return (
    <span class="field">
      <label for={id} class="dim">
        {label}
      </label>
      <input
        id={id}
        type="text"
        spellcheck={false}
        autocomplete="off"
        value={draft ?? (value === undefined ? '' : shortTime(value))}
        placeholder={placeholder}
        aria-invalid={bad}
        aria-describedby={bad ? `${id}-bad` : undefined}
        title="RFC 3339 (2026-11-23T14:00:00Z; without an offset it is UTC), epoch milliseconds, or now, now-15m, now-1h"
        onInput={(event) => setDraft(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === 'Enter') commit(event.currentTarget.value);
          if (event.key === 'Escape') {
            setDraft(undefined);
            setBad(false);
            event.currentTarget.blur();
          }
        }}
        onBlur={(event) => {
          if (draft !== undefined) commit(event.currentTarget.value);
        }}
      />
      {bad && (
        <span id={`${id}-bad`} role="alert">
          not a time: try 2026-11-23T14:00:00Z or now-15m
        </span>
      )}
      {elsewhere && <span>{formatInstant(Date.parse(value), zone.value, 'seconds')}</span>}
    </span>
  );
}
