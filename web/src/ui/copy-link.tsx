import { useEffect, useState } from 'preact/hooks';
import { permalink } from './commands.ts';

const SHOWN_MS = 3_000;

/** Copies a link that shows the same facts for ever: absolute times, the selection, and the log as it is now. */
export function CopyLink() {
  const [copied, setCopied] = useState('');
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(''), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = async () => {
    const link = permalink();
    try {
      await navigator.clipboard.writeText(link);
      setCopied('Link copied');
    } catch {
      // There is no clipboard outside a secure context: the address bar then holds the link.
      window.history.replaceState(undefined, '', link);
      setCopied('Link is in the address bar');
    }
  };
  return (
    <>
      <button type="button" onClick={copy} title="Absolute times, and the log as of now: shows the same facts for ever">
        Copy link
      </button>
      <span role="status" class={copied ? '' : 'visually-hidden'}>
        {copied}
      </span>
    </>
  );
}
