import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT, read } from './project.ts';

interface Example {
  readonly command: string;
  readonly output: string;
}

const PROMPT = '$ npm run -s flipbook -- ';
/** They run until they are told to stop. */
const SERVERS = /^(record|serve|demo)\b/;

/** The commands that the README shows, in order, each with what it shows below it. */
function examples(): Example[] {
  const found: { command: string; lines: string[] }[] = [];
  let indent: string | undefined;
  let shown: string[] | undefined;
  for (const line of read('README.md').split('\n')) {
    const fence = /^( *)```/.exec(line);
    if (fence) {
      indent = indent === undefined ? fence[1] : undefined;
      shown = undefined;
    } else if (indent !== undefined) {
      const text = line.slice(indent.length);
      if (text.startsWith('$ ')) {
        shown = [];
        if (text.startsWith(PROMPT)) found.push({ command: text.slice(PROMPT.length), lines: shown });
      } else shown?.push(text);
    }
  }
  return found
    .filter(({ command }) => !SERVERS.test(command))
    .map(({ command, lines }) => ({ command, output: lines.join('\n') }));
}

/** How long something took is another matter each time. */
const timeless = (text: string) => text.replace(/took [\d.]+s/g, 'took …').trimEnd();

describe('the README shows what the program says', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'flipbook-readme-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  // One after the other over one log, as a reader would type them.
  it.each(examples())('to $command', ({ command, output }) => {
    const said = execFileSync(process.execPath, ['src/main.ts', ...command.split(' ')], {
      cwd: ROOT,
      env: { PATH: process.env.PATH, FLIPBOOK_DB: join(folder, 'flipbook.db') },
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    expect(timeless(said)).toBe(timeless(output));
  });

  it('for each command that answers', () => {
    const shown = new Set(examples().map(({ command }) => command.split(' ')[0]));
    expect(shown).toEqual(new Set(['import', 'services', 'state', 'flips', 'summary', 'disagreements', 'verify', 'rebuild']));
  });
});
