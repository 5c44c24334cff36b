/** A link to another view: a real one, that opens in a new tab where the reader asks for it. */
import type { ComponentChildren } from 'preact';
import { type View, viewQuery } from '../lib/view.ts';
import { goTo } from '../state/location.ts';

export function ViewLink({
  to,
  children,
  current,
  class: name,
}: {
  to: View;
  children: ComponentChildren;
  current?: boolean;
  class?: string;
}) {
  return (
    <a
      href={viewQuery(to)}
      class={name}
      aria-current={current ? 'page' : undefined}
      onClick={(event) => {
        if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
        event.preventDefault();
        goTo(to);
        window.scrollTo(0, 0);
      }}
    >
      {children}
    </a>
  );
}
