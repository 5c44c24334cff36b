/** What the page says when something is missing or went wrong. */
import type { ComponentChildren } from 'preact';
import type { Resource } from '../state/resource.ts';

/** The last question failed. What was there before stays, and this says that it is old. */
export function Failure<T>({ resource, what }: { resource: Resource<T>; what: string }) {
  const error = resource.error.value;
  if (!error) return null;
  const stale = resource.data.value !== undefined;
  return (
    <div class="notice" role="alert">
      <span>
        <strong>{what} could not be loaded.</strong> {error.message.replace(/[.\s]+$/, '')}.
        {error.parameter && <> (parameter {error.parameter})</>}
        {stale && ' What is shown is the answer before.'}
        {error.requestId && (
          <>
            {' '}
            Request id <code>{error.requestId}</code>
          </>
        )}
      </span>
      <button type="button" onClick={() => resource.reload()}>
        Retry
      </button>
    </div>
  );
}

export function Empty({ children }: { children: ComponentChildren }) {
  return <div class="empty">{children}</div>;
}

export function Loading<T>({ resource, what }: { resource: Resource<T>; what: string }) {
  if (resource.data.value !== undefined || resource.error.value !== undefined) return null;
  return (
    <div class="empty" role="status">
      Loading {what}…
    </div>
  );
}
