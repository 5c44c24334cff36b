/** Buttons that put something onto the clipboard and say so. */
import { useEffect, useState } from 'preact/hooks';
import { model } from '../state/data.ts';
import { reportOf } from '../state/report.ts';
import { permalink } from './commands.ts';

const SHOWN_MS = 4_000;

function useMessage(): [string, (text: string) => void] {
  const [text, setText] = useState('');
  useEffect(() => {
    if (!text) return;
    const timer = setTimeout(() => setText(''), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return [text, setText];
}

function Message({ text }: { text: string }) {
  return (
    <span role="status" class={text ? '' : 'visually-hidden'}>
      {text}
    </span>
  );
}

/** Copies a link that shows the same facts for ever: absolute times, the selection, and the log as it is now. */
export function CopyLink() {
  const [message, say] = useMessage();
  const copy = async () => {
    const link = permalink();
    try {
      await navigator.clipboard.writeText(link);
      say('Link copied');
    } catch {
      // There is no clipboard outside a secure context: the address bar then holds the link.
      window.history.replaceState(undefined, '', link);
      say('Link is in the address bar');
    }
  };
  return (
    <>
      <button type="button" onClick={copy} title="Absolute times, and the log as of now: shows the same facts for ever">
        Copy link
      </button>
      <Message text={message} />
    </>
  );
}

/** The facts of the range as Markdown, for a postmortem; as a file where there is no clipboard. */
export function CopyMarkdown() {
  const [message, say] = useMessage();
  const copy = async () => {
    const now = model.peek();
    if (!now) return;
    try {
      const text = await reportOf(now, permalink());
      try {
        await navigator.clipboard.writeText(text);
        say('Markdown copied');
      } catch {
        download(text, `flipbook-${now.answer.service.name.replace(/[^\w.-]/g, '_')}.md`);
        say('Markdown saved');
      }
    } catch (error) {
      say(`Not copied: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
  return (
    <>
      <button
        type="button"
        id="export-markdown"
        onClick={copy}
        title="Facts, events with their sources, method and gaps, for a postmortem"
      >
        Markdown
      </button>
      <Message text={message} />
    </>
  );
}

function download(text: string, name: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/markdown' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
