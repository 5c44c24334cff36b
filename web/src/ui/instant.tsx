import { formatInstant, type TimeStyle, zoneLabel } from '../lib/zone.ts';
import { zone } from '../state/location.ts';

/** An instant in the chosen zone; its title gives UTC with milliseconds. */
export function Instant({ at, style = 'full', label = false }: { at: string | number; style?: TimeStyle; label?: boolean }) {
  const ms = typeof at === 'number' ? at : Date.parse(at);
  if (Number.isNaN(ms)) return <>{String(at)}</>;
  const utc = new Date(ms).toISOString();
  return (
    <time dateTime={utc} title={utc}>
      {formatInstant(ms, zone.value, style)}
      {label && ` ${zoneLabel(zone.value, ms)}`}
    </time>
  );
}
